/**
 * Decides again what live sessions hold: all of them when policies change, and each one before
 * its last decision expires, since hours and ages pass without an event.
 *
 * A thousand sessions that differ take a second of Cedar. They are taken in slices, so that cuts,
 * locks and operations of others pass in between.
 */
import type { Clock } from "../clock.ts";
import { CAPABILITIES_VALID_MS } from "../policy/capabilities.ts";

/** Leaves time for a machine that is busy before the last decision expires. */
const REDECIDE_MS = CAPABILITIES_VALID_MS - 5_000;
/** A cut must not wait longer than this for a slice. */
const SLICE_MS = 8;

export class Redecisions<T extends object> {
  private readonly clock: Clock;
  private readonly decide: (item: T) => void;
  private readonly timers = new Map<T, () => void>();
  private queue = new Set<T>();
  private stopSlice: (() => void) | undefined;

  /** @param decide must end in `decided` or `forget` */
  constructor(clock: Clock, decide: (item: T) => void) {
    this.clock = clock;
    this.decide = decide;
  }

  /** It has been decided just now. */
  decided(item: T): void {
    this.queue.delete(item);
    this.timers.get(item)?.();
    this.timers.set(
      item,
      this.clock.after(REDECIDE_MS, () => this.all([item])),
    );
  }

  forget(item: T): void {
    this.queue.delete(item);
    this.timers.get(item)?.();
    this.timers.delete(item);
  }

  /** Begins in this turn; with many that differ, it ends in a later one. */
  all(items: readonly T[]): void {
    for (const item of items) this.queue.add(item);
    if (!this.stopSlice) this.slice();
  }

  close(): void {
    this.stopSlice?.();
    for (const stop of this.timers.values()) stop();
    this.queue.clear();
    this.timers.clear();
  }

  /** What fails for one session must not keep the others from being decided. */
  private slice(): void {
    this.stopSlice = undefined;
    const untilMs = this.clock.monotonicMs() + SLICE_MS;
    const faults: unknown[] = [];
    for (const item of this.queue) {
      if (this.clock.monotonicMs() > untilMs) break;
      this.queue.delete(item);
      try {
        this.decide(item);
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (this.queue.size > 0) this.stopSlice = this.clock.after(0, () => this.slice());
    if (faults.length > 0) throw new AggregateError(faults, "not every session was decided again");
  }
}
