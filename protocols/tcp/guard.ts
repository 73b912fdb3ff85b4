/**
 * The guard of bytes that nobody decodes. It decides once, with the first byte of either side,
 * whether the connection passes; from then on all of it does, in order, or the connection ends: a
 * stream with a hole, or one that can only be read, is none.
 */

import { copyBytes } from "../copy-bytes.ts";
import type { Effect, Guard, Input, Side } from "../guard.ts";
import { RELAY } from "./operation.ts";

type State = "new" | "asking" | "passing" | "over";

const DECISION = 1;

export class TcpGuard implements Guard {
  readonly keepsDecisions = true;
  readonly neverAnswered = true;
  private state: State = "new";
  private readonly waiting: { readonly from: Side; readonly bytes: Uint8Array }[] = [];
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
    const own = this.waiting.filter((each) => each.from === from);
    return own.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  private received(from: Side, bytes: Uint8Array): readonly Effect[] {
    if (bytes.length === 0) return [];
    if (this.state === "passing") return [sent(from, bytes)];
    this.waiting.push({ from, bytes: copyBytes(bytes) });
    if (this.state === "asking") return [];
    this.state = "asking";
    return [{ kind: "decide", id: DECISION, request: 0, lane: "", items: [RELAY] }];
  }

  private answered(answer: "permit" | "deny" | "hold"): readonly Effect[] {
    if (this.state !== "asking" || answer === "hold") return [];
    if (answer === "deny" || !this.capable) return this.end("client", "these bytes may not pass");
    this.state = "passing";
    return this.waiting.splice(0).map(({ from, bytes }) => sent(from, bytes));
  }

  private happened(event: Extract<Input, { kind: "event" }>["event"]): readonly Effect[] {
    switch (event.kind) {
      case "capabilities":
        this.capable = event.capabilities.has(RELAY.class);
        if (this.capable || this.state !== "passing") return [];
        return this.end("client", "the right to pass these bytes was lost");
      case "withheld":
        return this.end("client", "bytes were kept back, and the rest means nothing without them");
      case "timeout":
        return [];
      case "end":
        this.state = "over";
        return [];
    }
  }

  private end(from: Side, reason: string): readonly Effect[] {
    this.state = "over";
    this.waiting.length = 0;
    return [{ kind: "violation", from, reason }];
  }
}

function sent(from: Side, bytes: Uint8Array): Effect {
  const fresh = copyBytes(bytes);
  if (from === "asset") return { kind: "send", to: "client", bytes: fresh };
  return { kind: "send", to: "asset", bytes: fresh, decision: DECISION };
}
