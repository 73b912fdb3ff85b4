/**
 * Writes that wait inside the broker: for the current value that a limit rests on, or for
 * another write of the same points to be over. Every wait is bounded, and every doubt a denial.
 *
 *     needs values: hold -> lock the points -> read -> settle -> permit or deny -> outcome -> unlock
 */
import type { Effect } from "../../protocols/guard.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import type { NeedsValues, PointRange } from "../policy/decision.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import { denied, PERMIT, settleNeeds } from "./desk.ts";
import { changedPoints, rangeSpan } from "./modbus-points.ts";
import type { PointLock, PointLocks, PointSpan } from "./point-locks.ts";

/** A value read longer ago than this says nothing about now. */
export const PROBE_AGE_MAX_MS = 1_000;
/** Other writes of the same points take a round trip each; after this the person may try again. */
const LOCK_WAIT_MS = 2_000;
/** Writes of one session that may wait at a time: more is a flood, not work. */
const WAITING_MAX = 32;
/** Decision ids are 32 bit; with the channel's number in front they are unique in the session. */
const CHANNEL_STEP = 2 ** 32;

export type Decide = Extract<Effect, { kind: "decide" }>;
export type Values = readonly (readonly number[])[];

/** Reads points through the channel of probes. Calls back once, never synchronously. */
export type ReadPoints = (
  channel: ChannelLoop,
  ranges: readonly PointRange[],
  done: (values: Values | undefined, why: string) => void,
) => void;

/** The same through whatever channel there is. */
export type ReadAny = (
  ranges: readonly PointRange[],
  done: (values: Values | undefined, why: string) => void,
) => void;

export interface HeldWritesParts {
  readonly clock: Clock;
  readonly locks: PointLocks;
  readonly read: ReadPoints;
  /** Writes the final answers down and feeds them. True if the change is on its way. */
  settle(channel: ChannelLoop, decide: Decide, items: readonly Judged[]): boolean;
}

interface Held {
  readonly channel: ChannelLoop;
  readonly decide: Decide;
  readonly items: readonly Judged[];
  readonly needs: readonly (NeedsValues | undefined)[];
  lock: PointLock | undefined;
  stop: () => void;
  over: boolean;
}

interface Owned {
  readonly lock: PointLock;
  readonly freshUntilMs: number;
}

export class HeldWrites {
  private readonly parts: HeldWritesParts;
  /** Both come with the first write. */
  private waiting: Set<Held> | undefined;
  private owned: Map<number, Owned> | undefined;

  constructor(parts: HeldWritesParts) {
    this.parts = parts;
  }

  /** Writes that wait. */
  get size(): number {
    return this.waiting?.size ?? 0;
  }

  /** Locks the points of a permitted change without waiting; false if it must be held instead. */
  take(channel: ChannelLoop, decide: Decide): boolean {
    const lock = this.parts.locks.take(changedPoints(decide.items), false);
    if (!lock) return false;
    this.own(channel, decide.id, lock, Number.POSITIVE_INFINITY);
    return true;
  }

  /** Follows a `hold` that stands on the tape. `needs` is empty where only the lock is missing. */
  start(
    channel: ChannelLoop,
    decide: Decide,
    items: readonly Judged[],
    needs: readonly (NeedsValues | undefined)[],
  ): void {
    const held: Held = {
      ...{ channel, decide, items, needs },
      ...{ lock: undefined, stop: () => {}, over: false },
    };
    if (this.size >= WAITING_MAX) {
      queueMicrotask(() => this.deny(held, "too many writes are waiting"));
      return;
    }
    this.waiting ??= new Set();
    this.waiting.add(held);
    this.waitForLock(held);
  }

  /** Nothing more will be heard of this change: others may go on. */
  settled(channel: ChannelLoop, decision: number): void {
    const key = keyOf(channel, decision);
    const owned = this.owned?.get(key);
    if (!owned) return;
    this.owned?.delete(key);
    this.parts.locks.release(owned.lock);
  }

  /** The value it rests on has grown old while it waited for the disk. */
  isStale(channel: ChannelLoop, decision: number): boolean {
    const owned = this.owned?.get(keyOf(channel, decision));
    return owned !== undefined && this.parts.clock.monotonicMs() > owned.freshUntilMs;
  }

  /** Refuses all that wait, now. */
  refuse(reason: string): void {
    for (const held of [...(this.waiting ?? [])]) this.deny(held, reason);
  }

  /** Gives up what this channel (or, without one, the whole session) waits for. */
  drop(channel?: ChannelLoop): void {
    for (const held of this.waiting ?? []) {
      if (channel && held.channel !== channel) continue;
      this.leave(held);
      if (held.lock) this.parts.locks.release(held.lock);
    }
  }

  private waitForLock(held: Held): void {
    const { clock, locks } = this.parts;
    const exclusive = held.needs.length > 0;
    const stopTimer = clock.after(LOCK_WAIT_MS, () => {
      stopWait();
      this.deny(held, "another write of the same points is still under way");
    });
    held.stop = stopTimer;
    const stopWait = locks.wait(spansOf(held), exclusive, (lock) => {
      held.lock = lock;
      stopTimer();
      queueMicrotask(() => this.locked(held));
    });
    if (held.lock) return;
    held.stop = () => {
      stopTimer();
      stopWait();
    };
  }

  private locked(held: Held): void {
    if (held.over) return;
    const ranges = held.needs.flatMap((need) => need?.ranges ?? []);
    if (held.needs.length === 0) this.finish(held, permitAll(held), Number.POSITIVE_INFINITY);
    else this.readThenSettle(held, ranges);
  }

  private readThenSettle(held: Held, ranges: readonly PointRange[]): void {
    const { clock } = this.parts;
    const askedMs = clock.monotonicMs();
    if (ranges.length === 0) {
      this.finish(held, settleAll(held, []), Number.POSITIVE_INFINITY);
      return;
    }
    const tooOld = `the current value could not be read within ${PROBE_AGE_MAX_MS} ms`;
    held.stop = clock.after(PROBE_AGE_MAX_MS, () => this.deny(held, tooOld));
    this.parts.read(held.channel, ranges, (values, why) => {
      if (held.over) return;
      const ageMs = clock.monotonicMs() - askedMs;
      if (!values) this.deny(held, `the current value could not be read: ${why}`);
      else if (ageMs > PROBE_AGE_MAX_MS) this.deny(held, tooOld);
      else this.finish(held, settleAll(held, values), askedMs + PROBE_AGE_MAX_MS);
    });
  }

  private deny(held: Held, reason: string): void {
    const items = held.items.map(({ operation, rule }) => denied(operation, rule, "busy", reason));
    this.finish(held, items, 0);
  }

  private finish(held: Held, items: readonly Judged[], freshUntilMs: number): void {
    if (held.over) return;
    this.leave(held);
    const { channel, decide, lock } = held;
    // Owned before it is settled: the change may be over before `settle` returns.
    if (lock) this.own(channel, decide.id, lock, freshUntilMs);
    const onItsWay = this.parts.settle(channel, decide, items);
    if (!onItsWay) this.settled(channel, decide.id);
  }

  private leave(held: Held): void {
    held.over = true;
    held.stop();
    this.waiting?.delete(held);
  }

  private own(channel: ChannelLoop, decision: number, lock: PointLock, freshUntilMs: number): void {
    this.owned ??= new Map();
    this.owned.set(keyOf(channel, decision), { lock, freshUntilMs });
  }
}

function keyOf(channel: ChannelLoop, decision: number): number {
  return channel.number * CHANNEL_STEP + decision;
}

function spansOf({ decide, needs }: Held): PointSpan[] {
  const read = needs.flatMap((need) => need?.ranges.map(rangeSpan) ?? []);
  return [...changedPoints(decide.items), ...read];
}

function permitAll({ items }: Held): Judged[] {
  return items.map((item) => ({ ...item, answer: PERMIT, reason: "" }));
}

function settleAll({ items, needs }: Held, values: Values): Judged[] {
  let at = 0;
  return items.map((item, index) => {
    const need = needs[index];
    if (!need) return item;
    const own = values.slice(at, at + need.ranges.length);
    at += need.ranges.length;
    return settleNeeds(item.operation, need, own);
  });
}
