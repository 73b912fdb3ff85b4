/**
 * Operations that wait for a second person.
 *
 *     hold -> read the value now -> shown, waiting -> permitted: read again, settle, send
 *                                                  -> refused, or nobody answered: refused
 *
 * The answer is for exactly what was shown: if the plant has moved away from it meanwhile, the
 * answer is void. What lapsed stays known for a while, so that a tool that cannot wait may be
 * told to try again: the same write, once, passes then.
 */
import type { Operation } from "../../protocols/guard.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import type { Profile, RuleLimits, Tag } from "../plant/model.ts";
import type { Decision, NeedsValues, PointRange } from "../policy/decision.ts";
import { changedRange, changesOf, movedTooFar } from "../policy/held-change.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import { itemsMask } from "./class-mask.ts";
import { denied, HOLD } from "./desk.ts";
import type { Obstacle } from "./freeze.ts";
import type { Decide, ReadAny, ReadPoints, Values } from "./held-writes.ts";
import type { Hold, HoldAnswer, HoldResult } from "./hold.ts";
import { KEPT_MS, KeptHolds } from "./kept-holds.ts";
import type { SessionEvent } from "./session.ts";

/** Long enough to look up from other work, short enough for tools that wait at all. */
export const HOLD_MS = 30_000;
/** More at once is a flood for the person who answers, not work. */
const WAITING_MAX = 8;
/** Items of one request that a person is asked about: more do not fit below either. */
const ITEMS_MAX = 200;
/** As JSON: with who, where and until when it has to fit into what a passkey signs (16,384). */
const SHOWN_MAX = 14_000;
const TOO_MUCH = "it is more at once than a person can read and sign: ask for less at a time";

export type AnsweredEvent = Extract<SessionEvent, { kind: "answered" }>;

export interface HoldsParts {
  readonly session: string;
  readonly clock: Clock;
  readonly profile: Profile;
  readonly tags: readonly Tag[];
  readonly read: ReadPoints;
  /** Over any connection of the session; without one it says so. */
  readonly readAny: ReadAny;
  /** Judges again, by what counts now. */
  judge(item: Judged): Decision | NeedsValues;
  /** Why these classes (as bits) may not pass now, if they may not. */
  obstacle(mask: number): Obstacle | undefined;
  /** Reads what is needed with the points locked, settles, and sends. */
  release(held: HeldRequest, needs: readonly (NeedsValues | undefined)[]): void;
  settle(held: HeldRequest, items: readonly Judged[]): void;
  /** A person is asked about what is not on its way yet. */
  asked(hold: Hold): void;
  /** Somebody answered about what is not on its way. */
  answered(event: AnsweredEvent): void;
  /** A person is asked. */
  waits(held: HeldRequest, hold: Hold): void;
  /** The list of holds is another one now. */
  changed(): void;
}

export interface HeldRequest {
  readonly channel: ChannelLoop;
  readonly decide: Decide;
  readonly items: readonly Judged[];
}

interface Waiting extends HeldRequest {
  readonly id: string;
  readonly untilMs: number;
  hold: Hold | undefined;
  stop: () => void;
  /** Somebody permitted it: on its way, unless the plant has moved. */
  approval: HoldAnswer | undefined;
  done: (result: HoldResult) => void;
  over: boolean;
}

export class Holds {
  private readonly parts: HoldsParts;
  private readonly waiting = new Set<Waiting>();
  private readonly kept: KeptHolds;
  private count = 0;

  constructor(parts: HoldsParts) {
    this.parts = parts;
    this.kept = new KeptHolds(parts.clock);
  }

  /** Operations that wait for an answer. */
  get size(): number {
    return [...this.waiting].filter(({ approval }) => !approval).length;
  }

  /** Those that a person can answer, and those that can be permitted for the next time. */
  list(): readonly Hold[] {
    const open = [...this.waiting].flatMap(({ hold, approval }) => (hold && !approval ? hold : []));
    return [...open, ...this.kept.list()];
  }

  /**
   * For a tool that cannot wait: a write that is not on its way yet is put before a person.
   * @returns the hold, or why there is nothing to agree to
   */
  async ask(operation: Operation): Promise<Hold | string> {
    const asked = this.kept.list().filter(({ state }) => state === "asked");
    if (asked.length >= WAITING_MAX) return "too much was asked for already; wait for an answer";
    const item: Judged = { operation, answer: HOLD, rule: "", reason: "" };
    const judged = this.parts.judge(item);
    const known = judged.kind === "needs-values" ? undefined : nothingToAsk(judged);
    if (known !== undefined) return known;
    const own = changedRange(operation);
    const further = judged.kind === "needs-values" ? judged.ranges : [];
    return new Promise((done) => {
      this.parts.readAny(own ? [own, ...further] : further, (values, why) => {
        if (!values) return done(`the current value could not be read: ${why}`);
        const rest = values.slice(own ? 1 : 0);
        const decided = judged.kind === "needs-values" ? judged.settle(rest) : judged;
        const nothing = nothingToAsk(decided);
        if (decided.kind !== "hold" || nothing !== undefined) return done(nothing ?? "");
        done(this.keepAsked({ ...item, rule: decided.rule, reason: decided.reason }, values));
      });
    });
  }

  /** Follows a `hold` that stands on the tape. */
  open(request: HeldRequest): void {
    const { clock } = this.parts;
    const holdMs = this.limitsOf(request.items).holdMs ?? HOLD_MS;
    const entry: Waiting = {
      ...request,
      ...{ id: `${this.parts.session}-${++this.count}`, untilMs: clock.wallMs() + holdMs },
      ...{ hold: undefined, approval: undefined, over: false },
      ...{ stop: () => {}, done: () => {} },
    };
    if (this.waiting.size >= WAITING_MAX) {
      queueMicrotask(() => this.refuse(entry, "too many operations wait for a person already"));
      return;
    }
    if (entry.items.length > ITEMS_MAX) {
      queueMicrotask(() => this.refuseLength(entry));
      return;
    }
    this.waiting.add(entry);
    entry.stop = clock.after(holdMs, () => this.lapse(entry, "nobody answered in time"));
    this.show(entry);
  }

  /** @returns what became of it, once that is known; undefined if there is no such hold any more */
  answer(id: string, answer: HoldAnswer): Promise<HoldResult> | undefined {
    const entry = [...this.waiting].find((each) => each.id === id && each.hold && !each.approval);
    if (!entry) return this.answerKept(id, answer);
    if (answer.kind === "permit-next") return undefined;
    if (answer.kind === "refuse") {
      const items = this.deny(entry, "value", `${answer.name} refused; ${proofOf(answer)}`);
      this.leave(entry);
      this.parts.settle(entry, items);
      return Promise.resolve({ kind: "refused", reason: "" });
    }
    return new Promise((done) => {
      entry.done = done;
      this.permit(entry, answer, entry.hold?.current ?? []);
    });
  }

  /** Settled by the road that reads the values: who agreed stands beside the verdict. */
  settled({ decide, channel }: HeldRequest, items: readonly Judged[]): readonly Judged[] {
    const entry = [...this.waiting].find(
      (each) => each.channel === channel && each.decide.id === decide.id,
    );
    if (!entry?.approval) return items;
    const { approval } = entry;
    this.leave(entry);
    const refused = items.find(({ answer }) => answer.kind === "deny");
    if (refused) {
      entry.done({ kind: "void", reason: refused.reason });
      return items;
    }
    entry.done({ kind: "permitted", reason: "" });
    const { kind, name } = approval;
    const who = kind === "permit-next" ? `pre-approved by ${name}` : `${name} agreed`;
    const reason = `${who}; ${proofOf(approval)}`;
    return items.map((item, at) => (isHeld(entry.items[at]) ? { ...item, reason } : item));
  }

  /** Rights were lost or the session was frozen: what may not pass any more is refused now. */
  recheck(): void {
    for (const entry of [...this.waiting]) {
      const obstacle = this.parts.obstacle(itemsMask(entry.decide.items));
      if (obstacle && !entry.approval) this.refuse(entry, obstacle.reason, obstacle);
    }
  }

  /** The channel (or, without one, the session) is over: nobody can be answered any more. */
  drop(channel?: ChannelLoop): void {
    for (const entry of [...this.waiting]) {
      if (channel && entry.channel !== channel) continue;
      this.leave(entry);
      this.keep(entry, "the client went away");
      entry.done({ kind: "void", reason: "the session or its connection ended meanwhile" });
    }
    if (channel) return;
    this.kept.clear();
  }

  private show(entry: Waiting): void {
    const { read } = this.parts;
    const ranges = rangesOf(entry.items);
    const shown = (values: Values) => {
      if (entry.over) return;
      const known = this.kept.takeApproved(entry.items);
      if (known) {
        this.permit(entry, known.answer, known.hold.current);
        return;
      }
      const hold = this.holdOf(entry, spread(entry.items, values));
      if (isTooMuch(hold)) return this.refuseLength(entry);
      entry.hold = hold;
      this.parts.waits(entry, entry.hold);
      this.parts.changed();
    };
    if (ranges.length === 0) queueMicrotask(() => shown([]));
    else {
      read(entry.channel, ranges, (values, why) => {
        if (values) shown(values);
        else if (!entry.over) this.refuse(entry, `the current value could not be read: ${why}`);
      });
    }
  }

  private holdOf(entry: Pick<Waiting, "id" | "untilMs" | "items">, current: Values): Hold {
    const held = entry.items.find(isHeld);
    const changes = entry.items.flatMap((item, at) =>
      isHeld(item) ? changesOf(item.operation, this.parts.tags, current[at] ?? []) : [],
    );
    return {
      ...{ id: entry.id, state: "waiting", rule: held?.rule ?? "", reason: held?.reason ?? "" },
      operations: entry.items.map(({ operation }) => operation),
      ...{ current, changes, untilMs: entry.untilMs, why: "" },
    };
  }

  private permit(entry: Waiting, answer: HoldAnswer, shown: Values): void {
    entry.approval = answer;
    entry.stop();
    this.parts.changed();
    const needs = entry.items.map((item, at) =>
      isHeld(item) ? this.needsOf(item, shown[at] ?? []) : undefined,
    );
    this.parts.release(entry, needs);
  }

  /** The profile asked again, and what was shown compared, with values read while locked. */
  private needsOf(item: Judged, shown: readonly number[]): NeedsValues {
    const again = this.parts.judge(item);
    const own = changedRange(item.operation);
    const further = again.kind === "needs-values" ? again.ranges : [];
    const limits = this.limitsOf([item]);
    const settle = (values: Values): Decision => {
      const now = own ? (values[0] ?? []) : [];
      const moved = movedTooFar(item.operation, this.parts.tags, limits, { shown, now });
      if (moved) return voidOf(item, moved);
      const decided =
        again.kind === "needs-values" ? again.settle(values.slice(own ? 1 : 0)) : again;
      return decided.kind === "hold" ? { kind: "permit", rule: item.rule } : decided;
    };
    return {
      ...{ kind: "needs-values", rule: item.rule, settle },
      ranges: own ? [own, ...further] : further,
    };
  }

  private answerKept(id: string, answer: HoldAnswer): Promise<HoldResult> | undefined {
    const hold = this.kept.find(id);
    const result = this.kept.answer(id, answer);
    if (!hold || !result) return undefined;
    this.parts.changed();
    this.parts.answered(this.answered(hold, answer));
    return Promise.resolve(result);
  }

  private answered(hold: Hold, { kind, name, forMs = 0 }: HoldAnswer): AnsweredEvent {
    const permitted = kind === "permit-next";
    return {
      ...{ kind: "answered", hold: hold.id, permitted, by: name },
      changes: hold.changes.map(({ point, asked }) => ({ point, asked })),
      ...(permitted && { untilMs: this.parts.clock.wallMs() + forMs }),
    };
  }

  private keepAsked(item: Judged, values: Values): Hold | string {
    const current = changedRange(item.operation) ? [values[0] ?? []] : [[]];
    const untilMs = this.parts.clock.wallMs() + KEPT_MS;
    const id = `${this.parts.session}-${++this.count}`;
    const hold: Hold = { ...this.holdOf({ id, untilMs, items: [item] }, current), state: "asked" };
    if (isTooMuch(hold)) return TOO_MUCH;
    this.kept.keep(hold, [item]);
    this.parts.asked(hold);
    this.parts.changed();
    return hold;
  }

  private lapse(entry: Waiting, why: string): void {
    if (entry.over) return;
    this.keep(entry, why);
    this.refuse(entry, why);
  }

  private keep({ hold, items, approval }: Waiting, why: string): void {
    if (!hold || approval) return;
    this.kept.keep({ ...hold, state: "lapsed", why }, items);
  }

  private refuse(entry: Waiting, reason: string, obstacle?: Obstacle): void {
    if (entry.over) return;
    this.leave(entry);
    const items = this.deny(entry, obstacle?.refusal ?? "busy", reason, obstacle?.rule);
    this.parts.settle(entry, items);
    entry.done({ kind: "void", reason });
  }

  /** As a value that is not taken: to repeat it is no use. */
  private refuseLength(entry: Waiting): void {
    const rule = entry.items.find(isHeld)?.rule ?? "";
    this.refuse(entry, TOO_MUCH, { rule, refusal: "value", reason: TOO_MUCH });
  }

  private deny(
    { items }: HeldRequest,
    refusal: Obstacle["refusal"],
    reason: string,
    rule?: string,
  ): readonly Judged[] {
    return items.map((item) => denied(item.operation, rule ?? item.rule, refusal, reason));
  }

  private leave(entry: Waiting): void {
    entry.over = true;
    entry.stop();
    if (this.waiting.delete(entry)) this.parts.changed();
  }

  private limitsOf(items: readonly Judged[]): RuleLimits {
    const rule = items.find(isHeld)?.rule ?? items[0]?.rule;
    return this.parts.profile.rules.find(({ name }) => name === rule)?.limits ?? {};
  }
}

/** Why nobody is asked about what was decided like this. */
function nothingToAsk(decided: Decision): string | undefined {
  if (decided.kind === "deny") return `${decided.rule}: ${decided.reason}`;
  return decided.kind === "permit" ? "nobody needs to agree to this: just write it" : undefined;
}

/** What is longer nobody could permit, and would fill the road to a gateway. */
function isTooMuch({ operations, current, changes }: Hold): boolean {
  const signed = (_: string, value: unknown) =>
    value instanceof Uint8Array ? "ff".repeat(value.length) : value;
  return JSON.stringify([operations, current, changes], signed).length > SHOWN_MAX;
}

function isHeld(item: Judged | undefined): boolean {
  return item?.answer.kind === "hold";
}

function rangesOf(items: readonly Judged[]): readonly PointRange[] {
  return items.flatMap((item) => (isHeld(item) ? (changedRange(item.operation) ?? []) : []));
}

/** Values of `rangesOf` back to the items that they belong to. */
function spread(items: readonly Judged[], values: Values): Values {
  let at = 0;
  return items.map((item) =>
    isHeld(item) && changedRange(item.operation) ? (values[at++] ?? []) : [],
  );
}

function voidOf(item: Judged, moved: string): Decision {
  const reason = `the answer is void: ${moved} meanwhile`;
  return { kind: "deny", rule: item.rule, refusal: "busy", reason };
}

function proofOf({ actionId, digest }: HoldAnswer): string {
  return `signed act ${actionId}, SHA-256 ${digest}`;
}
