/**
 * Rights are on loan: what was decided counts for a while and lapses by itself unless it is
 * leased anew or renewed. So a policy administrator that hangs, or is cut off from this process,
 * leaves nobody with rights that it could no longer take away.
 *
 * The time is over when either clock says so: a machine that slept has only one that noticed.
 */
import type { Clock } from "../clock.ts";

export class RightsLease {
  private readonly clock: Clock;
  private readonly validMs: number;
  /** The last instant at which it counts, on both clocks. */
  untilMs = 0;
  untilWallMs = 0;

  constructor(clock: Clock, validMs: number) {
    this.clock = clock;
    this.validMs = validMs;
    this.renew();
  }

  /** It was decided just now. */
  renew(): void {
    this.untilMs = this.clock.monotonicMs() + this.validMs;
    this.untilWallMs = this.clock.wallMs() + this.validMs;
  }

  /** @param nowMs on the monotonic clock */
  isOver(nowMs: number, wallMs: number): boolean {
    return nowMs > this.untilMs || wallMs > this.untilWallMs;
  }
}
