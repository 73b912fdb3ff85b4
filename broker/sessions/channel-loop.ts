/**
 * One channel: two legs, one guard, and the order in which things happen.
 *
 *     bytes -> tape -> guard -> decide -> verdict on the tape -> guard -> send -> leg
 *
 * The guard sees its inputs in the order of the tape, so the tape replays. Effects are carried
 * out in that order too. A send that carries a change waits until the tape is durable; whether
 * it is still allowed is looked at once more immediately before the leg.
 */
import type {
  Capabilities,
  Effect,
  Guard,
  GuardEvent,
  Input,
  Side,
} from "../../protocols/guard.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { TapeWriter } from "../evidence/recorder.ts";
import { type Leg, mayGiveBack } from "../legs/leg.ts";
import { PacedLeg } from "../legs/paced-leg.ts";
import { BackPressure } from "./back-pressure.ts";
import type { ChannelOwner, Decide } from "./channel-owner.ts";
import { ChannelSide, type TwoSided } from "./channel-side.ts";
import { changesPlant, OBSERVE_MASK, OPERATE_MASK, permittedMask } from "./class-mask.ts";
import { answersOf } from "./desk.ts";
import { EffectQueue } from "./effect-queue.ts";
import { KeptPermits, type Permits, Permitted } from "./permitted.ts";
import {
  NOTHING_WAITS,
  type PendingSend,
  ReleaseQueue,
  type Releasing,
  type Waits,
} from "./release-queue.ts";
import { SentToLegs } from "./sent-to-legs.ts";
import type { Cause } from "./session.ts";

/**
 * So little fills no queue that had room: nobody is asked how much waits before as much has come
 * and gone. Two orders of magnitude below the limits of queues.
 */
const CALM_BYTES = 2_048;

type Send = Extract<Effect, { kind: "send" }>;
/** A leg gives back by decision alone. */
type Withheld = Pick<PendingSend, "decision"> & Partial<Pick<PendingSend, "number">>;

export interface ChannelParts {
  readonly number: number;
  readonly by: "subject" | "broker";
  readonly guard: Guard;
  readonly client: Leg;
  readonly asset: Leg;
  readonly owner: ChannelOwner;
}

export class ChannelLoop implements Releasing, TwoSided {
  readonly number: number;
  readonly by: "subject" | "broker";
  readonly guard: Guard;
  readonly client: Leg;
  readonly asset: Leg;
  private readonly owner: ChannelOwner;
  private readonly tape: TapeWriter;
  releases: Waits = NOTHING_WAITS;
  silentFirst: TwoSided["silentFirst"];
  private readonly pressure: BackPressure;
  private readonly permitted: Permits;
  /** Permitted changes on their way, not yet answered. */
  private open: Set<number> | undefined;
  private readonly sent: SentToLegs;
  /** Towards the asset. */
  private sends = 0;
  /** While effects are carried out: those that come meanwhile. */
  private work: EffectQueue | undefined;
  /** Bytes that came or went since queues were looked at. */
  private moved = 0;
  /** Permitted operations that the asset itself answered with an error. */
  declined = 0;
  private over = false;
  /** The send whose last check is under way: it dies if that check ends the session. */
  private checking: Withheld | undefined;
  /** Changes that the asset's leg gave back at the cut. */
  private readonly givenBack: Withheld[] = [];
  private readonly ending = Promise.withResolvers<Cause>();
  readonly ended = this.ending.promise;

  constructor({ number, by, guard, client, asset, owner }: ChannelParts) {
    this.number = number;
    this.by = by;
    this.guard = guard;
    this.permitted = guard.keepsDecisions ? new KeptPermits() : new Permitted(guard.sendsOnce);
    this.client = guard.neverAnswered ? new PacedLeg(client) : client;
    this.asset = guard.neverAnswered ? new PacedLeg(asset) : asset;
    this.owner = owner;
    this.tape = owner.tape;
    this.sent = new SentToLegs(owner.tape, number);
    this.pressure = new BackPressure(this, owner.tape, this);
  }

  start(): void {
    this.asset.start(new ChannelSide(this, "asset"));
    this.client.start(new ChannelSide(this, "client"));
  }

  /** Settles a `decide` that was held. Answers the verdict's sequence number on the tape. */
  settle(decision: number, items: readonly Judged[]): number | undefined {
    if (this.over) return undefined;
    try {
      const sequence = this.answer(decision, items);
      this.breathe();
      return sequence;
    } catch (error) {
      this.owner.fault(error);
      return undefined;
    }
  }

  /** Its guard carries out each item of a request by itself. */
  get mixes(): boolean {
    return this.guard.mixes === true;
  }

  /** A change permitted by this decision is on its way. */
  isOpen(decision: number): boolean {
    return this.open?.has(decision) === true;
  }

  inform(capabilities: Capabilities, cause: string): void {
    this.happen({ kind: "capabilities", capabilities }, cause);
  }

  /**
   * Rights were lost: the changes that still wait for the disk or in the asset's leg die, even if
   * the rights come back before they would have left. Answers how many.
   */
  withdraw(cause: string): number {
    if (this.over) return 0;
    const waited = this.asset.waiting ?? 0;
    this.asset.withdraw?.(cause);
    const taken = this.releases.withdraw();
    for (const send of taken) this.withhold(send, cause);
    return taken.length + Math.max(0, waited - (this.asset.waiting ?? 0));
  }

  /**
   * Ends the channel: when this returns, nothing passes any more. Answers how many permitted
   * operations died waiting. `record` then writes down the rest.
   */
  cut(cause: Cause): number {
    if (this.over) return 0;
    this.over = true;
    const checked = this.checking === undefined ? 0 : 1;
    const dropped = checked + this.releases.length + (this.asset.waiting ?? 0);
    this.client.close(cause.reason);
    this.asset.withdraw?.(cause.reason);
    if (this.guard.releasesAtEnd) this.letGo(cause.reason);
    this.asset.close();
    this.ending.resolve(cause);
    return dropped;
  }

  /** After `cut`: what a re-run of the tape needs to come out the same. */
  record(cause: string): void {
    if (!this.guard.releasesAtEnd) this.endGuard(cause);
    const checked = this.checking === undefined ? [] : [this.checking];
    for (const { decision } of checked) this.sent.withheld(decision);
    for (const send of [...this.givenBack, ...checked, ...this.releases.clear()]) {
      const event = this.withheldEvent(send);
      this.tape.append({ kind: "event", channel: this.number, event, cause });
    }
    this.sent.record();
    for (const decision of this.open ?? []) this.owner.settled(this, decision);
    this.open = undefined;
  }

  /** Ends this channel alone and tells the session. */
  end(cause: Cause): void {
    if (this.over) return;
    this.cut(cause);
    this.record(cause.reason);
    this.owner.channelEnded(this, cause);
  }

  release(send: PendingSend): void {
    if (this.over) return;
    try {
      const obstacle = send.letsGo ? undefined : this.lastCheck(send);
      if (this.over) return;
      if (obstacle === undefined) this.hand(send.bytes, send.decision, send.mask, send.last);
      else this.withhold(send, obstacle);
    } catch (error) {
      this.owner.fault(error);
    }
  }

  /** Immediately before a send leaves; a deadline found here ends the session. */
  private lastCheck(send: Withheld & { readonly mask: number }): string | undefined {
    this.checking = send;
    try {
      return this.owner.obstacle(this, send.decision, send.mask);
    } finally {
      this.checking = undefined;
    }
  }

  withhold(send: Withheld, cause: string): void {
    if (this.over) return;
    if (this.open?.delete(send.decision)) this.owner.settled(this, send.decision);
    this.happen(this.withheldEvent(send), cause);
  }

  /** Which send it was is told where a decision carries several. */
  private withheldEvent({ decision, number: send }: Withheld): GuardEvent {
    const several = this.guard.keepsDecisions && send !== undefined;
    return several ? { kind: "withheld", decision, send } : { kind: "withheld", decision };
  }

  /** The asset's leg had it, and it never left. */
  gaveBack(decision: number, cause: string): void {
    this.sent.withheld(decision);
    if (this.over) this.givenBack.push({ decision });
    else this.withhold({ decision }, cause);
  }

  received(from: Side, bytes: Uint8Array): void {
    if (this.over) return;
    try {
      const input = { kind: "bytes", channel: this.number, from, bytes } as const;
      this.tape.append(input);
      this.feed(input);
      this.moved += bytes.length;
      if (this.moved > CALM_BYTES || this.pressure.isOn || this.tape.isBehind) this.breathe();
    } catch (error) {
      this.owner.fault(error);
    }
  }

  obstacleTo(change: number): string | undefined {
    const mask = this.permitted.maskOf(change) || OPERATE_MASK;
    return this.lastCheck({ decision: change, mask });
  }

  spent(bytes: Uint8Array): void {
    this.guard.spent?.(bytes);
  }

  closed(from: Side, reason: string): void {
    this.end({ rule: `${from}-closed`, reason });
  }

  happen(event: GuardEvent, cause: string): void {
    if (this.over) return;
    try {
      this.tape.append({ kind: "event", channel: this.number, event, cause });
      this.feed({ kind: "event", event });
      this.breathe();
    } catch (error) {
      this.owner.fault(error);
    }
  }

  /** Steps the guard and carries its effects out, those of inputs that come meanwhile after them. */
  private feed(input: Input): void {
    const effects = this.guard.step(input);
    if (this.work) {
      for (const effect of effects) this.work.push(effect);
      return;
    }
    const work = EffectQueue.take();
    this.work = work;
    try {
      this.carryOutAll(effects, work);
    } finally {
      this.work = undefined;
      work.rest();
    }
  }

  private carryOutAll(effects: readonly Effect[], work: EffectQueue): void {
    for (const effect of effects) {
      if (this.over) return;
      this.carryOut(effect);
    }
    for (let next = work.shift(); next && !this.over; next = work.shift()) this.carryOut(next);
  }

  private carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "decide":
        this.decide(effect);
        break;
      case "send":
        if (effect.to === "client") this.toClient(effect);
        else this.toAsset(effect);
        break;
      case "outcome":
        this.sent.left(effect.decision);
        if (this.open?.delete(effect.decision)) this.owner.settled(this, effect.decision);
        if (effect.outcome.kind === "refused") this.declined += 1;
        break;
      case "refused":
        this.owner.refused(this, effect);
        break;
      case "violation": {
        const reason = `the ${effect.from} broke the protocol: ${effect.reason}`;
        this.end({ rule: "violation", reason });
        if (effect.from === "asset") this.asset.distrust?.(effect.reason);
      }
    }
  }

  private decide(decide: Decide): void {
    const items = this.owner.judge(this, decide);
    if (!items || this.over) return;
    const sequence = this.answer(decide.id, items, true);
    this.owner.judged(this, decide, items, sequence);
  }

  private answer(decision: number, items: readonly Judged[], atOnce?: true): number {
    const channel = this.number;
    const sequence = this.tape.append({ kind: "verdict", channel, decision, items }, atOnce);
    const answers = answersOf(this.guard, items);
    this.permitted.note(decision, permittedMask(items, this.guard.mixes === true));
    this.feed({ kind: "answers", id: decision, answers });
    return sequence;
  }

  private toClient({ bytes, last }: Send): void {
    this.sent.toClient(bytes);
    this.moved += bytes.length;
    if (last) this.client.halfClose?.();
    else this.client.write(bytes);
  }

  private toAsset({ bytes, decision = 0, release, last }: Send) {
    if (release) return this.releaseHeld(bytes);
    const mask = decision === 0 ? OPERATE_MASK : this.permitted.maskOf(decision);
    if (mask === 0) throw new Error(`a send for decision ${decision}, which was not permitted`);
    const changes = changesPlant(mask);
    if (changes) this.open = (this.open ?? new Set()).add(decision);
    const atOnce = !changes && this.releases.length === 0;
    const number = ++this.sends;
    if (last) this.keep({ bytes, decision, mask, number, last }, changes);
    else if (atOnce && (this.owner.held & mask) === mask) this.hand(bytes, decision, mask);
    else if (atOnce) this.release({ bytes, decision, mask, number });
    else this.keep({ bytes, decision, mask, number }, changes);
  }

  private keep(send: PendingSend, waits: boolean): void {
    const queue =
      this.releases instanceof ReleaseQueue ? this.releases : new ReleaseQueue(this.tape, this);
    this.releases = queue;
    queue.push(send, waits);
  }

  /** Behind what it lets go of, and never kept back. */
  private releaseHeld(bytes: Uint8Array) {
    const number = ++this.sends;
    const send = { bytes, decision: 0, mask: OPERATE_MASK, number, letsGo: true } as const;
    if (this.releases.length > 0) this.keep(send, false);
    else this.hand(bytes, 0, OPERATE_MASK);
  }

  private hand(bytes: Uint8Array, decision: number, mask: number, last?: true): void {
    const change = mask > OBSERVE_MASK ? decision : undefined;
    // Only a leg that holds requests can give one back.
    this.moved += bytes.length;
    this.sent.toAsset(bytes, mayGiveBack(this.asset) ? change : undefined);
    if (last) this.asset.halfClose?.();
    else this.asset.write(bytes, change);
    if (this.guard.neverAnswered && this.open?.delete(decision)) {
      this.owner.settled(this, decision);
    }
  }

  /** At a cut only what lets go of a key or button may still leave. */
  private letGo(cause: string): void {
    for (const { bytes } of this.releases.takeLetsGo()) this.hand(bytes, 0, OPERATE_MASK);
    for (const effect of this.endGuard(cause)) {
      if (effect.kind !== "send" || effect.to !== "asset" || !effect.release) continue;
      this.hand(effect.bytes, 0, OPERATE_MASK);
    }
  }

  private endGuard(cause: string): readonly Effect[] {
    const event: GuardEvent = { kind: "end" };
    this.tape.append({ kind: "event", channel: this.number, event, cause });
    return this.guard.step({ kind: "event", event });
  }

  breathe(): void {
    if (this.over) return;
    this.moved = 0;
    this.pressure.update();
    this.sent.recordSometimes(this.releases.length === 0);
  }
}
