/**
 * A session whose guards, legs and tape are on a gateway, as the rest of control sees it. What
 * control says counts here at once: nothing of the client goes to the gateway after a cut. What
 * the gateway does about it is confirmed by the gateway, or by its lease, which ends without us.
 */
import type { Capabilities, Operation, OperationClass } from "../../../protocols/guard.ts";
import type { TapeRecord } from "../../../protocols/tape/record.ts";
import type { VerifiedClaims } from "../../access/permits.ts";
import type { Clock } from "../../clock.ts";
import type { HandedTape } from "../../evidence/handed-tape.ts";
import type { Leg } from "../../legs/leg.ts";
import type { Hold, HoldAnswer, HoldResult } from "../../sessions/hold.ts";
import type {
  Cause,
  ChannelHandle,
  Condition,
  EndReport,
  LiveSession,
  SessionEvent,
} from "../../sessions/session.ts";
import { SessionRefused } from "../../sessions/session.ts";
import type { SessionHooks } from "../../sessions/session-hooks.ts";
import {
  ATTACHED,
  BEFOREHAND,
  type FromGateway,
  HOLD_RESULT,
  HOLDS_MAX,
  LEASE_MS,
} from "../messages.ts";
import type { GatewayLink } from "./gateway-link.ts";
import { LinkedClient } from "./linked-client.ts";
import { Standing } from "./standing.ts";

export interface RemoteSessionParts {
  readonly claims: VerifiedClaims;
  readonly tape: HandedTape;
  readonly link: GatewayLink;
  /** Names it on the link. */
  readonly number: number;
  readonly clock: Clock;
  readonly hooks: SessionHooks;
  /** Called once, in the turn in which it ended. */
  over(session: RemoteSession): void;
}

type State = Extract<FromGateway, { kind: "state" }>["state"];
type Forwarded = Extract<FromGateway, { kind: "event" }>["event"];

/** People who watch one session at a time; a control room has fewer. */
const WATCHERS_MAX = 64;
/** Connections of one session at a time, as on one machine. */
const CHANNELS_MAX = 1_024;

export class RemoteSession implements LiveSession {
  readonly claims: VerifiedClaims;
  readonly startedMs: number;
  readonly closed: Promise<Cause>;
  /** Id of the gateway. */
  readonly gateway: string;
  private readonly parts: RemoteSessionParts;
  private readonly standing: Standing;
  private readonly clients = new Map<number, LinkedClient>();
  private channelLast = 0;
  private readonly listeners = new Set<(event: SessionEvent) => void>();
  private readonly watching = new Map<number, { subject: string; unfollow: () => void }>();
  private watcherLast = 0;
  private state: State;
  private cause: Cause | undefined;
  /** Set until the gateway confirms that it has cut. */
  private cutAtMs: number | undefined;
  private stopWaiting: (() => void) | undefined;
  untilMs: number;

  constructor(parts: RemoteSessionParts) {
    const { claims, clock, tape, link } = parts;
    this.parts = parts;
    this.claims = claims;
    this.gateway = link.gateway.id;
    this.startedMs = clock.wallMs();
    this.untilMs = claims.limits.untilMs;
    this.standing = new Standing(claims.capabilities, claims.basis);
    this.state = {
      counts: { observed: 0, changed: 0, refused: 0, declined: 0 },
      lastActivityMs: this.startedMs,
      holds: [],
    };
    this.closed = tape.closed.then(() => this.cause ?? NO_CAUSE);
    this.closed.catch(() => undefined);
  }

  get capabilities(): Capabilities {
    return this.standing.capabilities;
  }

  get watchers(): readonly string[] {
    return [...new Set([...this.watching.values()].map(({ subject }) => subject))];
  }

  get loss(): LiveSession["loss"] {
    return this.standing.loss.now;
  }

  get counts(): LiveSession["counts"] {
    return this.state.counts;
  }

  get lastActivityMs(): number {
    return this.state.lastActivityMs;
  }

  get frozenBy(): Cause | undefined {
    return this.standing.by;
  }

  get conditions(): readonly Condition[] {
    return this.standing.conditions;
  }

  get holds(): readonly Hold[] {
    return this.cause ? [] : (this.state.holds as readonly unknown[] as readonly Hold[]);
  }

  async attach(client: Leg, peer: string): Promise<ChannelHandle> {
    const channel = ++this.channelLast;
    try {
      if (this.cause) throw new SessionRefused("session-ended", "The session has ended.");
      if (this.clients.size >= CHANNELS_MAX) {
        throw new SessionRefused("session-busy", `The session has ${CHANNELS_MAX} connections.`);
      }
      const linked = this.linkedTo(client, channel);
      const shown = ATTACHED.parse(await this.ask({ kind: "attach", channel, peer }));
      if (this.cause) throw new SessionRefused("session-ended", "The session has ended.");
      linked.start();
      const close = () => this.detach(channel, "the owner's side was closed");
      return { channel: shown.channel, ended: linked.ended, close };
    } catch (error) {
      this.detach(channel, "it could not be attached");
      client.close();
      throw error;
    }
  }

  activity(): void {
    this.say({ kind: "activity" });
  }

  ownerPresent(present: boolean, by?: "page" | "tool"): void {
    this.say({ kind: "present", present, ...(by && { by }) });
  }

  lease(classes: readonly OperationClass[], cause: Cause, basis?: string): void {
    if (this.cause) return;
    this.standing.lease(classes, cause);
    this.say({ kind: "rights", classes, cause, ...(basis !== undefined && { basis }) });
    this.tell({ kind: "capabilities", classes: [...this.capabilities], cause });
    this.parts.hooks.onChange?.();
    if (classes.length === 0) this.end(cause);
  }

  renew(): void {
    this.say({ kind: "renew" });
  }

  moveEnd(untilMs: number, cause: Cause): void {
    if (this.cause) return;
    this.untilMs = untilMs;
    this.say({ kind: "move-end", untilMs, cause });
    this.parts.hooks.onChange?.();
  }

  freeze(cause: Cause): EndReport {
    if (this.cause) return NOTHING_CUT;
    this.standing.by = cause;
    this.say({ kind: "freeze", cause });
    this.tell({ kind: "freeze", frozen: true, classes: [...this.capabilities], cause });
    this.parts.hooks.onFreeze?.(this, cause, NOTHING_CUT);
    this.parts.hooks.onChange?.();
    return NOTHING_CUT;
  }

  resume(cause: Cause): void {
    if (this.cause || !this.standing.by) return;
    this.standing.by = undefined;
    this.say({ kind: "resume", cause });
    this.tell({ kind: "freeze", frozen: false, classes: [...this.capabilities], cause });
    this.parts.hooks.onFreeze?.(this, cause, undefined);
    this.parts.hooks.onChange?.();
  }

  lapse(condition: string, cause: Cause): EndReport {
    if (this.cause || !this.standing.lapse(condition, cause)) return NOTHING_CUT;
    this.say({ kind: "lapse", condition, cause });
    this.tellConditions(cause, NOTHING_CUT);
    return NOTHING_CUT;
  }

  meet(condition: string, cause: Cause): void {
    if (this.cause || !this.standing.meet(condition)) return;
    this.say({ kind: "meet", condition, cause });
    this.tellConditions(cause, undefined);
  }

  async answerHoldAt(hold: string, answer: HoldAnswer): Promise<HoldResult> {
    return HOLD_RESULT.parse(await this.ask({ kind: "answer", hold, answer }));
  }

  answerHold(id: string, answer: HoldAnswer): Promise<HoldResult> | undefined {
    if (!this.holds.some((hold) => hold.id === id)) return undefined;
    return this.answerHoldAt(id, answer);
  }

  async askBeforehand(operation: Operation): Promise<Hold | string> {
    if (this.cause) return "the session has ended";
    const answer = BEFOREHAND.parse(await this.ask({ kind: "beforehand", operation }));
    return typeof answer === "string" ? answer : (answer as unknown as Hold);
  }

  async readAfter(): Promise<void> {
    if (!this.cause) await this.ask({ kind: "read-after" }).catch(() => undefined);
  }

  end(cause: Cause): EndReport {
    if (this.cause) return NOTHING_CUT;
    const { clock } = this.parts;
    this.cutAtMs = clock.monotonicMs();
    this.say({ kind: "end", cause });
    this.stop(cause);
    // A gateway that cannot confirm it does nothing more either, once its lease is out.
    this.stopWaiting = clock.after(LEASE_MS, () => this.confirmed(0));
    const cutMicroseconds = Math.round((clock.monotonicMs() - this.cutAtMs) * 1000);
    return { cutMicroseconds, droppedOperations: 0 };
  }

  watch(subject: string, listener: (record: TapeRecord) => void): () => void {
    if (this.cause) return () => {};
    if (this.watching.size >= WATCHERS_MAX) throw new RangeError("too many watchers");
    const watcher = ++this.watcherLast;
    const unfollow = this.parts.tape.follow(listener);
    this.watching.set(watcher, { subject, unfollow });
    this.say({ kind: "watch", watcher, subject });
    this.watchersChanged();
    return () => {
      if (!this.watching.delete(watcher)) return;
      unfollow();
      this.say({ kind: "unwatch", watcher });
      this.watchersChanged();
    };
  }

  listen(listener: (event: SessionEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** From here on: what its gateway says. */
  received(channel: number, bytes: Uint8Array): void {
    this.clients.get(channel)?.received(bytes);
  }

  credited(channel: number, bytes: number): void {
    this.clients.get(channel)?.credited(bytes);
  }

  channelClosed(channel: number, cause: Cause): void {
    this.clients.get(channel)?.end(cause);
    this.clients.delete(channel);
  }

  stateIs(state: State): void {
    if (this.cause) return;
    const holds = JSON.stringify(this.state.holds) !== JSON.stringify(state.holds);
    this.state = state;
    if (holds) this.parts.hooks.onHoldsChange?.();
    this.parts.hooks.onChange?.();
  }

  happened(event: Forwarded): void {
    if (!this.cause) this.tell(event as SessionEvent);
  }

  asked(hold: Hold): void {
    if (this.cause || this.holds.length >= HOLDS_MAX) return;
    if (!this.holds.some(({ id }) => id === hold.id)) {
      this.state = { ...this.state, holds: [...this.state.holds, hold as never] };
    }
    this.parts.hooks.onHold?.(this, hold);
    this.parts.hooks.onHoldsChange?.();
  }

  get isOver(): boolean {
    return this.cause !== undefined;
  }

  /** It was not opened: nobody was told of it, and nobody is told of its end. */
  abandon(cause: Cause): void {
    this.say({ kind: "end", cause });
    this.cause ??= cause;
    this.parts.link.leave(this.parts.number);
  }

  /** The gateway has cut it, whoever wanted that. */
  overAtGateway(cause: Cause, dropped: number): void {
    if (!this.cause) {
      this.cutAtMs = this.parts.clock.monotonicMs();
      this.stop(cause);
    }
    this.confirmed(dropped);
  }

  private linkedTo(client: Leg, channel: number): LinkedClient {
    const { link, number } = this.parts;
    const linked = new LinkedClient({
      client,
      send: (bytes) => link.sendBytes(number, channel, bytes),
      credit: (bytes) => this.say({ kind: "credit", channel, bytes }),
      gone: () => this.detach(channel, "the owner's side was closed"),
    });
    this.clients.set(channel, linked);
    return linked;
  }

  private detach(channel: number, reason: string): void {
    const linked = this.clients.get(channel);
    if (!linked) return;
    this.clients.delete(channel);
    linked.end({ rule: "client-closed", reason });
    this.say({ kind: "detach", channel });
  }

  private stop(cause: Cause): void {
    this.cause = cause;
    for (const linked of this.clients.values()) linked.end(cause);
    this.clients.clear();
    this.tell({ kind: "end", cause });
    this.listeners.clear();
    for (const { unfollow } of this.watching.values()) unfollow();
    this.watching.clear();
    this.parts.over(this);
  }

  private confirmed(droppedOperations: number): void {
    const { cutAtMs, cause } = this;
    if (cutAtMs === undefined || !cause) return;
    this.cutAtMs = undefined;
    this.stopWaiting?.();
    const { clock, hooks } = this.parts;
    const cutMicroseconds = Math.round((clock.monotonicMs() - cutAtMs) * 1000);
    hooks.onCut?.(cutMicroseconds);
    hooks.onEnd?.(this, cause, { cutMicroseconds, droppedOperations });
  }

  private tellConditions(cause: Cause, report: EndReport | undefined): void {
    const { conditions } = this;
    this.tell({ kind: "conditions", conditions, classes: [...this.capabilities], cause });
    this.parts.hooks.onCondition?.(this, cause, report);
    this.parts.hooks.onChange?.();
  }

  private watchersChanged(): void {
    this.tell({ kind: "watchers", subjects: this.watchers });
    this.parts.hooks.onChange?.();
  }

  private tell(event: SessionEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private say(message: { readonly kind: string; readonly [field: string]: unknown }): void {
    this.parts.link.send({ ...message, session: this.parts.number });
  }

  private ask(message: { readonly kind: string; readonly [field: string]: unknown }) {
    return this.parts.link.ask({ ...message, session: this.parts.number });
  }
}

const NOTHING_CUT: EndReport = { cutMicroseconds: 0, droppedOperations: 0 };
const NO_CAUSE: Cause = { rule: "gateway-stopped", reason: "the gateway stopped" };
