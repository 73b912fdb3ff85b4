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
import { canonicalJson, type JsonValue } from "../../protocols/log/canonical-json.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import type { Profile, RuleLimits, Tag } from "../plant/model.ts";
import type { Decision, NeedsValues, PointRange } from "../policy/decision.ts";
import { changedRange, changesOf, movedTooFar } from "../policy/held-change.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import { itemsMask } from "./class-mask.ts";
import { denied } from "./desk.ts";
import type { Obstacle } from "./freeze.ts";
import type { Decide, ReadPoints, Values } from "./held-writes.ts";
import type { Hold, HoldAnswer, HoldResult } from "./hold.ts";

/** Long enough to look up from other work, short enough for tools that wait at all. */
export const HOLD_MS = 30_000;
/** More at once is a flood for the person who answers, not work. */
const WAITING_MAX = 8;
/** What lapsed is offered this long to be permitted when it is asked for again. */
const LAPSED_KEEP_MS = 10 * 60_000;
const LAPSED_MAX = 16;
/** Of one session, at a time. */
const APPROVED_MAX = 16;

export interface HoldsParts {
  readonly session: string;
  readonly clock: Clock;
  readonly profile: Profile;
  readonly tags: readonly Tag[];
  readonly read: ReadPoints;
  /** Judges again, by what counts now. */
  judge(item: Judged): Decision | NeedsValues;
  /** Why these classes (as bits) may not pass now, if they may not. */
  obstacle(mask: number): Obstacle | undefined;
  /** Reads what is needed with the points locked, settles, and sends. */
  release(held: HeldRequest, needs: readonly (NeedsValues | undefined)[]): void;
  settle(held: HeldRequest, items: readonly Judged[]): void;
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

interface Lapsed {
  readonly hold: Hold;
  readonly items: readonly Judged[];
  readonly keepUntilMs: number;
}

interface Approved {
  readonly hold: Hold;
  readonly answer: HoldAnswer;
  readonly untilMs: number;
}

export class Holds {
  private readonly parts: HoldsParts;
  private readonly waiting = new Set<Waiting>();
  private readonly lapsed: Lapsed[] = [];
  /** By the exact operations. */
  private readonly approved = new Map<string, Approved>();
  private count = 0;

  constructor(parts: HoldsParts) {
    this.parts = parts;
  }

  /** Operations that wait for an answer. */
  get size(): number {
    return [...this.waiting].filter(({ approval }) => !approval).length;
  }

  /** Those that a person can answer, and those that lapsed a little while ago. */
  list(): readonly Hold[] {
    const nowMs = this.parts.clock.monotonicMs();
    const open = [...this.waiting].flatMap(({ hold, approval }) => (hold && !approval ? hold : []));
    const late = this.lapsed.filter(({ keepUntilMs }) => keepUntilMs > nowMs);
    return [...open, ...late.map(({ hold }) => hold)];
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
    this.waiting.add(entry);
    entry.stop = clock.after(holdMs, () => this.lapse(entry, "nobody answered in time"));
    this.show(entry);
  }

  /** @returns what became of it, once that is known; undefined if there is no such hold any more */
  answer(id: string, answer: HoldAnswer): Promise<HoldResult> | undefined {
    const entry = [...this.waiting].find((each) => each.id === id && each.hold && !each.approval);
    if (answer.kind === "permit-next") return this.permitNext(id, answer);
    if (!entry) return undefined;
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
    const reason = `${approval.name} agreed; ${proofOf(approval)}`;
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
    this.lapsed.length = 0;
    this.approved.clear();
  }

  private show(entry: Waiting): void {
    const { read } = this.parts;
    const ranges = rangesOf(entry.items);
    const shown = (values: Values) => {
      if (entry.over) return;
      const known = this.takeApproved(entry);
      if (known) {
        this.permit(entry, known.answer, known.hold.current);
        return;
      }
      entry.hold = this.holdOf(entry, spread(entry.items, values));
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

  private holdOf(entry: Waiting, current: Values): Hold {
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

  private permitNext(id: string, answer: HoldAnswer): Promise<HoldResult> | undefined {
    const at = this.lapsed.findIndex(({ hold }) => hold.id === id);
    const found = this.lapsed[at];
    if (!found || this.approved.size >= APPROVED_MAX) return undefined;
    this.lapsed.splice(at, 1);
    const untilMs = this.parts.clock.monotonicMs() + (answer.forMs ?? 0);
    const key = keyOf(found.items);
    this.approved.set(key, { hold: found.hold, answer, untilMs });
    this.parts.changed();
    return Promise.resolve({ kind: "kept", reason: "" });
  }

  /** Good for one operation, the same to the last value. */
  private takeApproved({ items }: HeldRequest): Approved | undefined {
    const key = keyOf(items);
    const known = this.approved.get(key);
    this.approved.delete(key);
    return known && known.untilMs > this.parts.clock.monotonicMs() ? known : undefined;
  }

  private lapse(entry: Waiting, why: string): void {
    if (entry.over) return;
    this.keep(entry, why);
    this.refuse(entry, why);
  }

  private keep({ hold, items, approval }: Waiting, why: string): void {
    if (!hold || approval) return;
    const keepUntilMs = this.parts.clock.monotonicMs() + LAPSED_KEEP_MS;
    this.lapsed.unshift({ hold: { ...hold, state: "lapsed", why }, items, keepUntilMs });
    this.lapsed.length = Math.min(this.lapsed.length, LAPSED_MAX);
  }

  private refuse(entry: Waiting, reason: string, obstacle?: Obstacle): void {
    if (entry.over) return;
    this.leave(entry);
    const items = this.deny(entry, obstacle?.refusal ?? "busy", reason, obstacle?.rule);
    this.parts.settle(entry, items);
    entry.done({ kind: "void", reason });
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

function keyOf(items: readonly Judged[]): string {
  return canonicalJson(items.map(({ operation }) => plain(operation)));
}

/** Bytes as numbers, and without what only recording needs. */
function plain(operation: Judged["operation"]): JsonValue {
  const { key: _, ...rest } = operation;
  const given = Object.entries<unknown>({ ...rest }).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? [...value] : value,
  ]);
  return Object.fromEntries(given) as JsonValue;
}
