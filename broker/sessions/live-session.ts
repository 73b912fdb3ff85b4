/**
 * One session: a permit, a tape, channels. It holds the rights and flags that every send is
 * checked against; deadlines, a lost lease, a failed recorder and people all end it by the same
 * `end`.
 */
import type { Capabilities, Effect, Operation, OperationClass } from "../../protocols/guard.ts";
import type { Judged, TapeRecord } from "../../protocols/tape/record.ts";
import type { VerifiedClaims } from "../access/permits.ts";
import type { RecorderState, TapeWriter } from "../evidence/recorder.ts";
import type { Leg } from "../legs/leg.ts";
import { Calm } from "./calm.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import type { ChannelOwner, Refused } from "./channel-owner.ts";
import { Channels } from "./channels.ts";
import { Deadlines } from "./deadlines.ts";
import { SessionAsOwner } from "./desk-owner.ts";
import { Freeze } from "./freeze.ts";
import type { Hold, HoldAnswer, HoldResult } from "./hold.ts";
import { NOT_RENEWED, notRenewed, Rights } from "./rights.ts";
import type { Cause, ChannelHandle, Condition, EndReport, LiveSession } from "./session.ts";
import { type SessionEvent, SessionRefused } from "./session.ts";
import { SessionDesk } from "./session-desk.ts";
import type { SessionParts } from "./session-parts.ts";
import { Survey } from "./survey.ts";
import { beginning } from "./tape-header.ts";
import { Watchers } from "./watchers.ts";

type Decide = Extract<Effect, { kind: "decide" }>;

export class Session implements LiveSession, ChannelOwner {
  readonly claims: VerifiedClaims;
  readonly tape: TapeWriter;
  readonly startedMs: number;
  private readonly closing = Promise.withResolvers<Cause>();
  readonly closed = this.closing.promise;
  private readonly rights: Rights;
  private readonly parts: SessionParts;
  private readonly channels: Channels;
  private readonly calm = new Calm();
  private readonly deadlines: Deadlines;
  private readonly stillness: Freeze;
  private readonly desk: SessionDesk;
  private readonly audience: Watchers;
  private readonly survey: Survey;
  private report: EndReport | undefined;

  constructor(parts: SessionParts) {
    const { claims, tape, clock } = parts;
    this.parts = parts;
    this.claims = claims;
    this.tape = tape;
    this.startedMs = clock.wallMs();
    this.audience = new Watchers(tape, (error) => this.alarm("a watcher was dropped", error));
    const { session, endpoint, profile, subject, leftDown } = claims;
    const of = { session, subject: subject.id, endpoint, profile, leftDown };
    this.channels = new Channels({ ...of, connect: () => parts.connect(), owner: this });
    this.stillness = new Freeze({
      ...{ clock, mode: claims.profile.onRecorderFailure },
      changed: (frozen, cause) => this.frozenChanged(frozen, cause),
      ended: (cause) => this.end(cause),
    });
    const { calm } = this;
    this.rights = new Rights(claims, { clock, stillness: this.stillness, calm });
    this.deadlines = new Deadlines({
      ...{ clock, calm, limits: claims.limits, grantUntilMs: claims.grant.untilMs },
      ended: (cause) => this.end(cause),
      warn: (event) => this.audience.tell(event),
    });
    this.survey = new Survey(clock, endpoint, this.channels.readForReport);
    this.desk = this.openDesk();
    this.appendCapabilities(beginning(claims), claims.basis);
  }

  private openDesk(): SessionDesk {
    const { clock, matcher, locks, hooks, claims, scanner } = this.parts;
    const { rights, stillness, deadlines, audience, survey } = this;
    return new SessionDesk({
      ...{ clock, matcher, locks, hooks, claims, scanner },
      ...{ read: this.channels.read, readAny: this.channels.readAny },
      owner: new SessionAsOwner({
        ...{ session: this, rights, stillness, deadlines, audience, survey, hooks },
      }),
    });
  }

  get counts(): LiveSession["counts"] {
    return { ...this.desk.counts, declined: this.channels.declined };
  }

  get loss(): LiveSession["loss"] {
    return this.rights.loss.now;
  }

  get capabilities(): Capabilities {
    return this.rights.capabilities;
  }

  get held(): number {
    return this.rights.held;
  }

  get conditions(): readonly Condition[] {
    return this.stillness.conditions;
  }

  get frozenBy(): Cause | undefined {
    return this.stillness.by;
  }

  get watchers(): readonly string[] {
    return this.audience.subjects;
  }

  get lastActivityMs(): number {
    return this.deadlines.lastActivityMs;
  }

  get frozen(): boolean {
    return this.stillness.frozen;
  }

  async attach(client: Leg, peer: string): Promise<ChannelHandle> {
    try {
      if (this.report) throw new SessionRefused("session-ended", "The session has ended.");
      const loop = this.channels.open(client, peer);
      const reading = loop.by === "subject" ? this.survey.before() : undefined;
      if (reading) await reading;
      if (this.report) throw new SessionRefused("session-ended", "The session has ended.");
      loop.start();
      const cause = { rule: "client-closed", reason: "the owner's side was closed" };
      const { number: channel, ended } = loop;
      return { channel, ended, close: () => loop.end(cause) };
    } catch (error) {
      client.close();
      throw error;
    }
  }

  get untilMs(): number {
    return this.deadlines.endsMs;
  }

  moveEnd(untilMs: number, cause: Cause): void {
    if (this.report) return;
    this.appendCapabilities(cause.reason);
    this.deadlines.moveEnd(untilMs, cause.rule === "absolute" ? "absolute" : "grant-end");
    this.parts.hooks.onChange?.();
  }

  activity(): void {
    this.deadlines.active();
  }

  ownerPresent(present: boolean, by?: "page" | "tool"): void {
    this.deadlines.ownerPresent(present, by);
  }

  lease(classes: readonly OperationClass[], cause: Cause, basis?: string): void {
    if (this.report) return;
    const lost = this.rights.lease(classes, cause);
    this.appendCapabilities(cause.reason, basis);
    if (lost) {
      this.withdraw(cause.reason);
      this.desk.recheck();
    }
    this.inform(cause.reason);
    this.audience.tell({ kind: "capabilities", classes: [...this.capabilities], cause });
    this.parts.hooks.onChange?.();
    if (classes.length === 0) this.end(cause);
  }

  renew(): void {
    this.rights.renew();
  }

  freeze(cause: Cause): EndReport {
    if (this.report) return NOTHING_CUT;
    this.stillness.by = cause;
    const report = this.still(cause);
    this.tellFreeze(cause);
    this.parts.hooks.onFreeze?.(this, cause, report);
    return report;
  }

  lapse(condition: string, cause: Cause): EndReport {
    if (this.report || !this.stillness.lapse(condition, cause)) return NOTHING_CUT;
    const report = this.still(cause);
    this.tellConditions(cause, report);
    return report;
  }

  meet(condition: string, cause: Cause): void {
    if (this.report || !this.stillness.meet(condition)) return;
    this.rights.update();
    this.tellConditions(cause, undefined);
  }

  /** Nothing above `observe` passes from here on, for what `stillness` says. */
  private still(cause: Cause): EndReport {
    const { clock, hooks } = this.parts;
    const calledMs = clock.monotonicMs();
    this.rights.update();
    const waiting = this.desk.waiting;
    const droppedOperations = waiting + this.withdraw(cause.reason);
    const cutMicroseconds = Math.round((clock.monotonicMs() - calledMs) * 1000);
    this.desk.recheck();
    hooks.onCut?.(cutMicroseconds);
    return { cutMicroseconds, droppedOperations };
  }

  get holds(): readonly Hold[] {
    return this.report ? [] : this.desk.holds.list();
  }

  answerHold(id: string, answer: HoldAnswer): Promise<HoldResult> | undefined {
    return this.report ? undefined : this.desk.holds.answer(id, answer);
  }

  async askBeforehand(operation: Operation): Promise<Hold | string> {
    return this.report ? "the session has ended" : this.desk.holds.ask(operation);
  }

  resume(cause: Cause): void {
    if (this.report || !this.stillness.by) return;
    this.stillness.by = undefined;
    this.rights.update();
    this.tellFreeze(cause);
    this.parts.hooks.onFreeze?.(this, cause, undefined);
  }

  end(cause: Cause): EndReport {
    if (this.report) return this.report;
    const { clock, hooks } = this.parts;
    const calledMs = clock.monotonicMs();
    this.rights.end();
    this.report = { cutMicroseconds: 0, droppedOperations: 0 };
    const channels = [...this.channels.all()];
    let droppedOperations = this.desk.waiting;
    for (const channel of channels) droppedOperations += channel.cut(cause);
    const cutMicroseconds = Math.round((clock.monotonicMs() - calledMs) * 1000);
    this.report = { cutMicroseconds, droppedOperations };
    this.deadlines.stop();
    this.stillness.stop();
    this.survey.stop();
    this.desk.drop();
    this.recordEnd(channels, cause);
    this.seal(cause);
    hooks.onCut?.(cutMicroseconds);
    hooks.onEnd?.(this, cause, this.report);
    return this.report;
  }

  readAfter(): Promise<void> {
    return this.survey.after();
  }

  watch(subject: string, listener: (record: TapeRecord) => void): () => void {
    const leave = this.audience.watch(subject, listener);
    this.parts.hooks.onChange?.();
    return () => {
      leave();
      this.parts.hooks.onChange?.();
    };
  }

  listen(listener: (event: SessionEvent) => void): () => void {
    return this.audience.listen(listener);
  }

  recorderIs(state: RecorderState): void {
    if (!this.report) this.stillness.recorderIs(state);
  }

  judge(channel: ChannelLoop, decide: Decide): readonly Judged[] | undefined {
    // The time of the message that asks: it was put on the tape in this very call.
    const nowMs = this.tape.atMs;
    const wallMs = this.parts.clock.wallMs();
    if (this.calm.isOver(nowMs, wallMs)) {
      if (this.deadlines.check(nowMs, wallMs)) return undefined;
      if (this.rights.hasLapsed(nowMs, wallMs)) return decide.items.map(notRenewed);
      const [ends, lapses] = [this.deadlines.soonest, this.rights.until];
      const untilMs = Math.min(ends.untilMs, lapses.untilMs);
      this.calm.begin(untilMs, Math.min(ends.untilWallMs, lapses.untilWallMs));
    }
    return this.desk.judge(channel, decide, nowMs, this.rights.leased);
  }

  judged(channel: ChannelLoop, decide: Decide, items: readonly Judged[], sequence: number): void {
    this.desk.judged(channel, decide, items, sequence);
  }

  refused(channel: ChannelLoop, refused: Refused): void {
    this.desk.refused(channel, refused);
  }

  obstacle(channel: ChannelLoop, decision: number, mask: number): string | undefined {
    const { clock } = this.parts;
    const nowMs = clock.monotonicMs();
    const wallMs = clock.wallMs();
    if (this.deadlines.check(nowMs, wallMs)) return "the session has ended";
    if (this.rights.hasLapsed(nowMs, wallMs)) return NOT_RENEWED;
    if ((this.held & mask) !== mask) {
      return this.stillness.obstacle?.reason ?? "the right to it was lost";
    }
    return this.desk.isStale(channel, decision)
      ? "the value it rests on was read too long ago"
      : undefined;
  }

  settled(channel: ChannelLoop, decision: number): void {
    this.desk.settled(channel, decision);
    this.survey.changed();
  }

  /** What a peer broke, or a connection of its own that is gone, ends a session that has no other. */
  channelEnded(channel: ChannelLoop, cause: Cause): void {
    this.desk.drop(channel);
    this.channels.closed(channel);
    if (channel.by === "broker" || cause.rule === "client-closed") return;
    // A lane of a panel is a matter of one page: the next one opens another.
    if (this.claims.endpoint.protocol === "web") return;
    if (this.channels.size === 0) this.end(cause);
  }

  fault(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.alarm("the broker failed", error);
    this.end({ rule: "fault", reason: `the broker failed: ${reason}` });
  }

  private withdraw(cause: string): number {
    let dropped = 0;
    for (const channel of this.channels.all()) dropped += channel.withdraw(cause);
    return dropped;
  }

  private inform(cause: string): void {
    for (const channel of this.channels.all()) channel.inform(this.capabilities, cause);
  }

  private tellFreeze(cause: Cause): void {
    const frozen = this.stillness.by !== undefined;
    this.tellStill(cause, { kind: "freeze", frozen, classes: [...this.capabilities], cause });
  }

  private tellConditions(cause: Cause, report: EndReport | undefined): void {
    const { conditions, capabilities } = this;
    this.tellStill(cause, { kind: "conditions", conditions, classes: [...capabilities], cause });
    this.parts.hooks.onCondition?.(this, cause, report);
  }

  private tellStill({ reason }: Cause, event: SessionEvent): void {
    this.appendCapabilities(reason);
    this.inform(reason);
    this.audience.tell(event);
    this.parts.hooks.onChange?.();
  }

  private frozenChanged(frozen: boolean, cause: string): void {
    this.rights.update();
    if (frozen) this.withdraw(cause);
    this.audience.tell({ kind: "recorder", state: frozen ? "frozen" : "ready", cause });
    this.parts.hooks.onChange?.();
  }

  private appendCapabilities(cause: string, basis?: string): void {
    const classes = [...this.capabilities];
    this.tape.append({ kind: "capabilities", classes, cause, ...(basis && { basis }) });
  }

  /** Whatever fails here, the tape is still closed by the road that closes all. */
  private recordEnd(channels: readonly ChannelLoop[], cause: Cause): void {
    const { rule, reason } = cause;
    try {
      for (const channel of channels) channel.record(reason);
      this.tape.append({ kind: "end", rule, reason });
    } catch (error) {
      this.alarm("the end could not be recorded", error);
    }
  }

  private seal(cause: Cause): void {
    this.audience.tell({ kind: "end", cause });
    this.audience.stop();
    this.parts.over(this);
    const done = () => this.closing.resolve(cause);
    this.tape.close().then(done, (error: unknown) => {
      this.alarm("the recording could not be sealed", error);
      done();
    });
  }

  private alarm(what: string, error: unknown): void {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.parts.hooks.onAlarm?.(this, `${what}: ${why}`);
  }
}

const NOTHING_CUT: EndReport = { cutMicroseconds: 0, droppedOperations: 0 };
