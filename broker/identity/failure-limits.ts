/**
 * Slows down who fails again and again. Counted in memory: a restart forgets, which costs an
 * attacker more than it gives. Success does not wipe an address clean, since one account of an
 * attacker's own would then buy endless guesses.
 */
import type { Clock } from "../clock.ts";

export interface FailureLimit {
  readonly failuresMax: number;
  readonly windowMs: number;
}

/** Room for a few people behind one address who fumble, none for guessing. */
export const ADDRESS_LIMIT: FailureLimit = { failuresMax: 20, windowMs: 5 * 60_000 };
/** One person with a wrong finger gives up sooner. */
export const ACCOUNT_LIMIT: FailureLimit = { failuresMax: 10, windowMs: 15 * 60_000 };

/** Keys remembered; the oldest goes first. A megabyte or so. */
const KEYS_MAX = 10_000;

interface Count {
  failures: number;
  readonly endsMs: number;
}

export class FailureLimits {
  private readonly clock: Clock;
  private readonly limit: FailureLimit;
  private readonly counts = new Map<string, Count>();

  constructor(clock: Clock, limit: FailureLimit) {
    this.clock = clock;
    this.limit = limit;
  }

  /** How long to stay away, or undefined if the key is welcome. */
  waitMs(key: string): number | undefined {
    const count = this.current(key);
    if (!count || count.failures < this.limit.failuresMax) return undefined;
    return count.endsMs - this.clock.monotonicMs();
  }

  /** Counts a failure; true for the one that reaches the limit, which is worth an event. */
  failed(key: string): boolean {
    const count = this.current(key) ?? this.start(key);
    count.failures += 1;
    return count.failures === this.limit.failuresMax;
  }

  private current(key: string): Count | undefined {
    const count = this.counts.get(key);
    if (!count || count.endsMs > this.clock.monotonicMs()) return count;
    this.counts.delete(key);
    return undefined;
  }

  private start(key: string): Count {
    const [oldest] = this.counts.keys();
    if (this.counts.size >= KEYS_MAX && oldest !== undefined) this.counts.delete(oldest);
    const count = { failures: 0, endsMs: this.clock.monotonicMs() + this.limit.windowMs };
    this.counts.set(key, count);
    return count;
  }
}
