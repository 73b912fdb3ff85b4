/**
 * When records happened. Asking both clocks for every record costs as much as writing it, so the
 * wall clock is asked once for all that fall into one millisecond: it steps rarely, and a record
 * shows a step only where the two clocks have parted by several.
 */
import type { Clock } from "../clock.ts";

const ASKED_EVERY_MS = 1;

export class RecordTime {
  private readonly clock: Clock;
  private askedMs = Number.NEGATIVE_INFINITY;
  /** When any record was put on any tape last. */
  lastMs = 0;
  private aheadMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Of the next record; `lastMs` from here on. */
  monotonicMs(): number {
    this.lastMs = this.clock.monotonicMs();
    return this.lastMs;
  }

  /** @param monotonicMs as just answered by `monotonicMs` */
  wallMs(monotonicMs: number): number {
    if (monotonicMs - this.askedMs >= ASKED_EVERY_MS) {
      this.askedMs = monotonicMs;
      this.aheadMs = this.clock.wallMs() - monotonicMs;
    }
    return monotonicMs + this.aheadMs;
  }
}
