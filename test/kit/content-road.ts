/**
 * A guard of SSH between a client and an asset whose bytes take their time: what either says is cut
 * at odd places, what is sent lies in queues while more comes, and people decide in the middle. Who
 * owns the bytes in between is what can go wrong, and content that differs at each byte shows it.
 */
import { copyBytes } from "../../protocols/copy-bytes.ts";
import { type Answer, BACKLOG_MAX, type Effect, type Side } from "../../protocols/guard.ts";
import { Inbox } from "../../protocols/inbox.ts";
import { SshGuard } from "../../protocols/ssh/guard.ts";
import { cutMessage, encodeMessage, type SshMessage } from "../../protocols/ssh/message.ts";
import type { SshOperation } from "../../protocols/ssh/operation.ts";

type Send = Extract<Effect, { kind: "send" }>;

/** Numbers from 0 to below 1 that are the same each time. */
export function chance(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** No piece of it is like another. */
export function contentOf(length: number, next: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(next() * 256));
}

export interface ContentRoadParts {
  readonly next: () => number;
  /** Nobody writes again into what the guard is handed; else it is overwritten at once. */
  readonly stays: boolean;
  answer(operation: SshOperation): Answer;
  /** What an end makes of data of the channel: what it says to it. */
  heard(by: Side, data: Uint8Array): void;
}

/** Bytes of one message at most, as OpenSSH has them. */
const PACKET = 32_768;

export class ContentRoad {
  readonly violations: string[] = [];
  /** What the scanner was given. */
  readonly scanned: Uint8Array[] = [];
  held = 0;
  private readonly parts: ContentRoadParts;
  private readonly guard = new SshGuard();
  /** Said, and not heard by the guard yet. */
  private readonly said: Record<Side, Uint8Array> = {
    client: new Uint8Array(0),
    asset: new Uint8Array(0),
  };
  /** Data that is in no message yet. */
  private readonly unsaid: Record<Side, Uint8Array> = {
    client: new Uint8Array(0),
    asset: new Uint8Array(0),
  };
  /** Sent, and still in the queue of a leg. */
  private readonly queues: Record<Side, Send[]> = { client: [], asset: [] };
  private readonly waiting: { readonly id: number; readonly count: number }[] = [];
  private readonly arrived = { client: new Inbox(400_000), asset: new Inbox(400_000) };

  constructor(parts: ContentRoadParts) {
    this.parts = parts;
    this.guard.inputStays = parts.stays;
  }

  says(from: Side, ...messages: readonly SshMessage[]): void {
    this.said[from] = Buffer.concat([this.said[from], ...messages.map(encodeMessage)]);
  }

  /** Data of the channel: it leaves in messages of odd lengths, which begin where no packet does. */
  saysData(from: Side, ...parts: readonly Uint8Array[]): void {
    this.unsaid[from] = Buffer.concat([this.unsaid[from], ...parts]);
  }

  /** Until nothing is left to do, in an order by chance. */
  run(): void {
    for (;;) {
      const can = [...this.turns()];
      const turn = can[Math.floor(this.parts.next() * can.length)];
      if (!turn) return;
      turn();
    }
  }

  private *turns(): Generator<() => void> {
    for (const side of ["client", "asset"] as const) {
      const mayRead = this.guard.backlog(side) <= BACKLOG_MAX;
      if (this.said[side].length > 0 && mayRead) yield () => this.hear(side);
      if (this.unsaid[side].length > 0) yield () => this.say(side);
      if (this.queues[side].length > 0) yield () => this.deliver(side);
    }
    if (this.waiting.length > 0 && this.parts.next() < 0.2) yield () => this.settle();
    else if (this.isStuck) yield () => this.settle();
  }

  /** Nobody but the one who decides can go on. */
  private get isStuck(): boolean {
    const { said, unsaid, queues, waiting, guard } = this;
    const canHear = (side: Side) => said[side].length > 0 && guard.backlog(side) <= BACKLOG_MAX;
    const idle = (side: Side) =>
      !canHear(side) && unsaid[side].length === 0 && queues[side].length === 0;
    return waiting.length > 0 && idle("client") && idle("asset");
  }

  private say(from: Side): void {
    const bytes = this.unsaid[from].subarray(0, this.upTo(PACKET));
    this.unsaid[from] = this.unsaid[from].subarray(bytes.length);
    this.says(from, { kind: "data", bytes });
  }

  private hear(from: Side): void {
    const said = this.said[from];
    const count = Math.min(said.length, this.upTo(2 * PACKET));
    this.said[from] = said.subarray(count);
    const lent = new Uint8Array(count + 16);
    lent.set(said.subarray(0, count), 8);
    const effects = this.guard.step({ kind: "bytes", from, bytes: lent.subarray(8, 8 + count) });
    this.carryOut(effects);
    if (!this.parts.stays) lent.fill(0xdd);
  }

  private carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "violation") this.violations.push(`${effect.from}: ${effect.reason}`);
      else if (effect.kind === "send") this.queues[effect.to].push(effect);
      else if (effect.kind === "decide") this.decide(effect);
    }
  }

  private decide({ id, items, content }: Extract<Effect, { kind: "decide" }>): void {
    if (content) this.scanned.push(content);
    const answers = items.map((item) => this.parts.answer(item as SshOperation));
    if (answers.some(({ kind }) => kind === "hold")) {
      this.held += 1;
      this.waiting.push({ id, count: items.length });
    }
    this.carryOut(this.guard.step({ kind: "answers", id, answers }));
  }

  /** Somebody permits what waits for them. */
  private settle(): void {
    const { id, count } = this.waiting.shift() ?? { id: 0, count: 0 };
    const answers = Array.from({ length: count }, () => ({ kind: "permit" }) as const);
    this.carryOut(this.guard.step({ kind: "answers", id, answers }));
  }

  private deliver(to: Side): void {
    const { bytes } = this.queues[to].shift() ?? { bytes: new Uint8Array(0) };
    const arrived = this.arrived[to];
    if (!arrived.push(bytes)) throw new Error("a message longer than any");
    for (let cut = arrived.take(cutMessage); cut.kind === "frame"; cut = arrived.take(cutMessage)) {
      this.heard(to, cut.frame);
    }
  }

  private heard(by: Side, message: SshMessage): void {
    if (message.kind === "data") this.parts.heard(by, copyBytes(message.bytes));
    if (by === "client") return;
    if (message.kind === "open") this.says("asset", { kind: "open-confirmation" });
    if (message.kind === "request" && message.wantReply) this.says("asset", { kind: "success" });
  }

  private upTo(most: number): number {
    const { next } = this.parts;
    const few = next() < 0.3;
    return 1 + Math.floor(next() * (few ? 20 : most));
  }
}
