/** How many messages one page may send: a bucket that fills steadily and is emptied by each. */
import type { Clock } from "../../clock.ts";

/** A workbench that reads 50 blocks in each of 5 cycles a second, and returns credit for each. */
export const MESSAGES_PER_SECOND = 500;
/** What a page may send at once after a pause, as when it comes back. */
export const MESSAGES_AT_ONCE = 1_000;

/** Workbenches that one person can look at; hidden ones send little. */
export const PAGES_BUSY_MAX = 4;

/** Those of the pages of each person: more pages, or a page that comes again and again, are no way to more. */
export class MessageRates {
  private readonly clock: Clock;
  /** Some words for each person of the site. */
  private readonly ofPeople = new Map<string, MessageRate>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  ofPage(person: string): Pick<MessageRate, "take"> {
    const all = this.ofPeople.get(person) ?? new MessageRate(this.clock, PAGES_BUSY_MAX);
    this.ofPeople.set(person, all);
    const own = new MessageRate(this.clock);
    return { take: () => own.take() && all.take() };
  }
}

export class MessageRate {
  private readonly clock: Clock;
  private readonly pages: number;
  private left: number;
  private filledMs: number;

  /** @param pages as many as these may send */
  constructor(clock: Clock, pages = 1) {
    this.clock = clock;
    this.pages = pages;
    this.left = pages * MESSAGES_AT_ONCE;
    this.filledMs = clock.monotonicMs();
  }

  /** Takes one; false when there is none left. */
  take(): boolean {
    const nowMs = this.clock.monotonicMs();
    const grown = ((nowMs - this.filledMs) / 1_000) * MESSAGES_PER_SECOND * this.pages;
    this.left = Math.min(MESSAGES_AT_ONCE * this.pages, this.left + grown);
    this.filledMs = nowMs;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
