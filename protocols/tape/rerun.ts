/**
 * History run again: a tape's inputs go to new guards, and what these ask and send is compared
 * with what the tape says was decided and sent. Another build may read a message otherwise than
 * the one that recorded it; that is told as a difference, with its first place, and says nothing
 * about whether the recording is genuine.
 */
import type { Effect, Guard, GuardEvent, Operation } from "../guard.ts";
import { answersFor } from "./answers.ts";
import type { TapeRecord } from "./record.ts";
import { sameValue } from "./same-value.ts";

/** SHA-256 that goes on. */
export interface RunningHash {
  add(bytes: Uint8Array): void;
  /** Of everything so far, in hex; more may follow. */
  digest(): string;
}

export interface RerunParts {
  /** Undefined where this build has no guard of that name. */
  guardOf(protocol: string): Guard | undefined;
  newHash(): RunningHash;
}

export interface Difference {
  readonly sequence: number;
  readonly wallMs: number;
  readonly channel: number;
  /** In words. */
  readonly what: string;
}

export interface RerunFigures {
  readonly channels: number;
  readonly verdicts: number;
  /** Times at which count and hash of what had been sent were compared. */
  readonly sums: number;
  /** Bytes sent to the legs that such a sum covers. */
  readonly bytes: number;
}

export interface Rerun {
  readonly difference: Difference | undefined;
  readonly figures: RerunFigures;
  /** What could not be compared, in words. */
  readonly left: readonly string[];
}

type Of<K extends TapeRecord["kind"]> = TapeRecord & { readonly kind: K };
type Decide = Extract<Effect, { kind: "decide" }>;
type Send = Extract<Effect, { kind: "send" }>;

export class TapeRerun {
  private readonly parts: RerunParts;
  private readonly channels = new Map<number, ChannelRerun>();
  private readonly left = new Set<string>();
  private readonly figures = { channels: 0, verdicts: 0, sums: 0, bytes: 0 };
  private difference: Difference | undefined;
  private sequenceNext = 0;

  constructor(parts: RerunParts) {
    this.parts = parts;
  }

  get result(): Rerun {
    for (const channel of this.channels.values()) {
      if (channel.unsummed > 0) {
        this.left.add("what was sent behind the last sum on the tape: the recording was cut off");
      }
    }
    return { difference: this.difference, figures: this.figures, left: [...this.left] };
  }

  /** Records in their order. False once there is a difference: what follows rests on it. */
  push(record: TapeRecord): boolean {
    if (this.difference !== undefined) return false;
    if (record.sequence !== this.sequenceNext || record.kind === "gap") this.giveUp();
    this.sequenceNext = record.sequence + 1;
    const what = this.follow(record);
    if (what === undefined) return true;
    const channel = "channel" in record ? record.channel : 0;
    const { sequence, wallMs } = record;
    this.difference = { sequence, wallMs, channel, what };
    return false;
  }

  /** Records are missing: no guard can be brought to where it was. */
  private giveUp(): void {
    if (this.channels.size > 0) this.left.add("what came behind a gap, on the channels open then");
    this.channels.clear();
  }

  private follow(record: TapeRecord): string | undefined {
    if (record.kind === "channel") this.open(record);
    if (record.kind === "channel" || !("channel" in record)) return undefined;
    const channel = this.channels.get(record.channel);
    if (record.kind === "verdict" && channel) this.figures.verdicts += 1;
    return channel?.follow(record);
  }

  private open({ channel, protocol }: Of<"channel">): void {
    const guard = this.parts.guardOf(protocol);
    if (!guard) {
      this.left.add(`channels that speak ${protocol}: this build has no guard for them`);
      return;
    }
    this.figures.channels += 1;
    this.channels.set(channel, new ChannelRerun(guard, this.parts, this.figures));
  }
}

type Withheld = Extract<GuardEvent, { kind: "withheld" }>;

/**
 * A channel stops reading long before so much waits for its record (2 MiB and what is on its way):
 * what is older has left, or the tape has said that it was withheld.
 */
const WAITING_BYTES_MAX = 8 * 1_048_576;

/** What a leg was handed: the bytes and the decision that they carry out. */
interface Handed {
  readonly bytes: Uint8Array;
  readonly decision: number;
  /** Among all sends to the asset on the channel, from 1. */
  readonly number: number;
  /** Known to have left, as soon as the next record does not take it back. */
  settled: boolean;
}

class ChannelRerun {
  private readonly guard: Guard;
  private readonly figures: { sums: number; bytes: number };
  private readonly client: Sum;
  private readonly asset: Sum;
  private waiting: Handed[] = [];
  private waitingBytes = 0;
  private sends = 0;
  private asked: Decide | undefined;
  private readonly held = new Set<number>();
  /** Decisions that can change the asset: their bytes may still be given back. */
  private readonly changes = new Set<number>();
  private violation: string | undefined;
  private ended = false;

  constructor(guard: Guard, parts: RerunParts, figures: { sums: number; bytes: number }) {
    this.guard = guard;
    this.figures = figures;
    this.client = new Sum(parts.newHash());
    this.asset = new Sum(parts.newHash());
  }

  /** Bytes that no sum on the tape covers yet. */
  get unsummed(): number {
    const { client, asset, waitingBytes } = this;
    return client.count - client.covered + asset.count - asset.covered + waitingBytes;
  }

  /** What differs, in words. */
  follow(record: TapeRecord): string | undefined {
    if (record.kind === "event" && record.event.kind === "withheld") {
      this.takeBack(record.event);
    } else this.drain();
    switch (record.kind) {
      case "bytes":
        return this.unexpected() ?? this.step({ ...record, kind: "bytes" });
      case "verdict":
        return this.verdict(record);
      case "event":
        return this.event(record.event);
      case "sent":
        return this.sum(record);
      default:
        return undefined;
    }
  }

  private unexpected(): string | undefined {
    if (this.violation !== undefined) return `this build ends the channel: ${this.violation}`;
    if (this.asked) return `this build asks for decision ${this.asked.id}, the recording did not`;
    return undefined;
  }

  private step(input: Parameters<Guard["step"]>[0]): undefined {
    for (const effect of this.guard.step(input)) {
      if (this.violation !== undefined) return;
      this.carryOut(effect);
    }
  }

  private carryOut(effect: Effect): void {
    if (effect.kind === "decide") this.asked = effect;
    else if (effect.kind === "violation") this.violation = effect.reason;
    else if (effect.kind === "outcome") this.settle(effect.decision);
    else if (effect.kind === "send") this.send(effect);
  }

  private send({ to, bytes, decision = 0 }: Send) {
    if (to === "client") return this.client.add(bytes);
    const number = ++this.sends;
    this.waiting.push({ bytes, decision, number, settled: !this.changes.has(decision) });
    this.waitingBytes += bytes.length;
  }

  private verdict({ decision, items }: Of<"verdict">): string | undefined {
    if (this.violation !== undefined) return this.unexpected();
    const { asked } = this;
    if (asked?.id === decision) {
      const operations = items.map(({ operation }) => operation);
      if (!sameValue(this.classless(asked.items), this.classless(operations))) {
        return `this build reads the request of decision ${decision} as another operation`;
      }
    } else if (asked || !this.held.has(decision)) {
      return `the recording has decision ${decision}, for which this build does not ask`;
    }
    this.asked = undefined;
    if (items.some(({ answer }) => answer.kind === "hold")) this.held.add(decision);
    else this.held.delete(decision);
    if (items.some(({ operation }) => operation.class !== "observe")) this.changes.add(decision);
    return this.step({ kind: "answers", id: decision, answers: answersFor(this.guard, items) });
  }

  /** Where the profile may have named another class than the guard, it is not compared. */
  private classless(operations: readonly Operation[]): readonly object[] {
    if (!this.guard.classesByProfile) return operations;
    return operations.map(({ class: _class, ...rest }) => rest);
  }

  private event(event: GuardEvent): string | undefined {
    // The session ended in the instant of a request, before it was judged: nothing became of it.
    if (event.kind === "end") this.asked = undefined;
    if (this.asked) return this.unexpected();
    if (this.ended) return undefined;
    if (event.kind !== "end") return this.unexpected() ?? this.step({ kind: "event", event });
    this.ended = true;
    // What a guard says at the end is not sent, but for what lets go of something.
    const effects = this.guard.step({ kind: "event", event });
    if (!this.guard.releasesAtEnd) return undefined;
    for (const effect of effects) {
      if (effect.kind === "send" && effect.to === "asset" && effect.release) this.send(effect);
    }
    return undefined;
  }

  private sum({ to, count, sha256 }: Of<"sent">): string | undefined {
    if (to === "asset") {
      for (const handed of this.waiting) handed.settled = true;
      this.drain();
    }
    const found = to === "client" ? this.client : this.asset;
    if (found.count !== count) {
      return `this build sends ${found.count} bytes to the ${to}, the recording says ${count}`;
    }
    if (found.digest() !== sha256) return `this build sends other bytes to the ${to}`;
    this.figures.sums += 1;
    this.figures.bytes += found.cover();
    return undefined;
  }

  /** Of a decision that carries many sends, an answer says nothing of those that wait. */
  private settle(decision: number): void {
    if (this.guard.keepsDecisions) return;
    this.changes.delete(decision);
    for (const handed of this.waiting) if (handed.decision === decision) handed.settled = true;
  }

  /** One send where the tape says which (what came before it has left by then), else all of it. */
  private takeBack({ decision, send }: Withheld): void {
    if (send === undefined) this.changes.delete(decision);
    const isIt = (handed: Handed) =>
      send === undefined ? handed.decision === decision : handed.number === send;
    for (const handed of this.waiting) if (handed.number < (send ?? 0)) handed.settled = true;
    for (const { bytes } of this.waiting.filter(isIt)) this.waitingBytes -= bytes.length;
    this.waiting = this.waiting.filter((handed) => !isIt(handed));
  }

  /** In the order in which it was handed over, up to what may still be taken back. */
  private drain(): void {
    let left = 0;
    for (const { bytes, settled } of this.waiting) {
      if (!settled && this.waitingBytes <= WAITING_BYTES_MAX) break;
      this.asset.add(bytes);
      this.waitingBytes -= bytes.length;
      left += 1;
    }
    if (left > 0) this.waiting.splice(0, left);
  }
}

/** Count and hash of what one leg was handed. */
class Sum {
  count = 0;
  covered = 0;
  private readonly hash: RunningHash;

  constructor(hash: RunningHash) {
    this.hash = hash;
  }

  add(bytes: Uint8Array): void {
    this.count += bytes.length;
    this.hash.add(bytes);
  }

  digest(): string {
    return this.hash.digest();
  }

  /** Answers how many bytes are covered now that were not. */
  cover(): number {
    const more = this.count - this.covered;
    this.covered = this.count;
    return more;
  }
}
