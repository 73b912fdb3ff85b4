/** How many messages one page may send: a bucket that fills steadily and is emptied by each. */
import type { Clock } from "../../clock.ts";

/** A workbench that reads 50 blocks in each of 5 cycles a second, and returns credit for each. */
export const MESSAGES_PER_SECOND = 500;
/** What a page may send at once after a pause, as when it comes back. */
export const MESSAGES_AT_ONCE = 1_000;

export class MessageRate {
  private readonly clock: Clock;
  private left = MESSAGES_AT_ONCE;
  private filledMs: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.filledMs = clock.monotonicMs();
  }

  /** Takes one; false when there is none left. */
  take(): boolean {
    const nowMs = this.clock.monotonicMs();
    const grown = ((nowMs - this.filledMs) / 1_000) * MESSAGES_PER_SECOND;
    this.left = Math.min(MESSAGES_AT_ONCE, this.left + grown);
    this.filledMs = nowMs;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
