/**
 * The guard of bytes that nobody decodes. It decides once, with the first byte of either side or
 * the end of one that says nothing, whether the connection passes; from then on all of it does, in
 * order, or the connection ends: a stream with a hole, or one that can only be read, is none. A
 * side may end what it says and still hear the other.
 */

import { copyBytes } from "../copy-bytes.ts";
import { BACKLOG_MAX, type Effect, type Guard, type Input, type Side } from "../guard.ts";
import { Inbox } from "../inbox.ts";
import { RELAY } from "./operation.ts";

type State = "new" | "asking" | "passing" | "over";

const DECISION = 1;
/** The loop stops reading a side that waits; what one read brings comes on top. */
const WAITING_MAX = BACKLOG_MAX + 1_048_576;

export class TcpGuard implements Guard {
  readonly keepsDecisions = true;
  readonly neverAnswered = true;
  readonly halfCloses = true;
  private state: State = "new";
  /** What came before it was decided. */
  private readonly waiting = { client: new Inbox(WAITING_MAX), asset: new Inbox(WAITING_MAX) };
  /** They said so before it was decided. */
  private readonly silent = { client: false, asset: false };
  private capable = true;

  step(input: Input): readonly Effect[] {
    if (this.state === "over") return [];
    switch (input.kind) {
      case "bytes":
        return this.received(input.from, input.bytes);
      case "answers":
        return this.answered(input.answers[0]?.kind ?? "deny");
      case "event":
        return this.happened(input.event);
    }
  }

  backlog(from: Side): number {
    return this.waiting[from].length;
  }

  private received(from: Side, bytes: Uint8Array): readonly Effect[] {
    if (bytes.length === 0) return [];
    if (this.state === "passing") return [sent(from, bytes)];
    if (!this.waiting[from].push(bytes)) return this.end(from, "too much before it was decided");
    return this.ask();
  }

  private ask(): readonly Effect[] {
    if (this.state === "asking") return [];
    this.state = "asking";
    return [{ kind: "decide", id: DECISION, request: 0, lane: "", items: [RELAY] }];
  }

  private answered(answer: "permit" | "deny" | "hold"): readonly Effect[] {
    if (this.state !== "asking" || answer === "hold") return [];
    if (answer === "deny" || !this.capable) return this.end("client", "these bytes may not pass");
    this.state = "passing";
    const passed = SIDES.filter((side) => this.waiting[side].length > 0).map((side) => {
      const { bytes, start, end } = this.waiting[side].view;
      return sent(side, bytes.subarray(start, end));
    });
    this.forget();
    return [...passed, ...SIDES.filter((side) => this.silent[side]).map(last)];
  }

  private halfClosed(from: Side): readonly Effect[] {
    if (this.state === "passing") return [last(from)];
    this.silent[from] = true;
    return this.ask();
  }

  private happened(event: Extract<Input, { kind: "event" }>["event"]): readonly Effect[] {
    switch (event.kind) {
      case "capabilities":
        this.capable = event.capabilities.has(RELAY.class);
        if (this.capable || this.state !== "passing") return [];
        return this.end("client", "the right to pass these bytes was lost");
      case "withheld":
        return this.end("client", "bytes were kept back, and the rest means nothing without them");
      case "half-closed":
        return this.halfClosed(event.from);
      case "timeout":
        return [];
      case "end":
        this.state = "over";
        this.forget();
        return [];
    }
  }

  private forget(): void {
    for (const side of SIDES) this.waiting[side].clear();
  }

  private end(from: Side, reason: string): readonly Effect[] {
    this.state = "over";
    this.forget();
    return [{ kind: "violation", from, reason }];
  }
}

/** Behind all that it said. */
function last(from: Side): Effect {
  const nothing = new Uint8Array(0);
  if (from === "asset") return { kind: "send", to: "client", bytes: nothing, last: true };
  return { kind: "send", to: "asset", bytes: nothing, decision: DECISION, last: true };
}

const SIDES: readonly Side[] = ["client", "asset"];

function sent(from: Side, bytes: Uint8Array): Effect {
  const fresh = copyBytes(bytes);
  if (from === "asset") return { kind: "send", to: "client", bytes: fresh };
  return { kind: "send", to: "asset", bytes: fresh, decision: DECISION };
}
