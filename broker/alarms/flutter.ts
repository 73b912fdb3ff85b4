/** Alarms that come and go: after the third time they must stay away for longer to be gone. */
import type { Clock } from "../clock.ts";

/** So often within so long is fluttering. */
const TIMES = 3;
const WITHIN_MS = 5 * 60_000;
/** Then the condition must stay away for this long. */
const QUIET_MS = 5 * 60_000;
/** Remembered at once; the oldest is forgotten. */
const KEYS_MAX = 1_000;

export class Flutter {
  private readonly clock: Clock;
  private readonly raises = new Map<string, readonly number[]>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  raised(key: string): void {
    const nowMs = this.clock.monotonicMs();
    const recent = [...this.recent(key), nowMs].slice(-TIMES);
    this.raises.delete(key);
    this.raises.set(key, recent);
    const [oldest] = this.raises.keys();
    if (this.raises.size > KEYS_MAX && oldest !== undefined) this.raises.delete(oldest);
  }

  is(key: string): boolean {
    return this.recent(key).length >= TIMES;
  }

  quietMs(key: string, usualMs: number): number {
    return this.is(key) ? Math.max(usualMs, QUIET_MS) : usualMs;
  }

  private recent(key: string): readonly number[] {
    const sinceMs = this.clock.monotonicMs() - WITHIN_MS;
    return (this.raises.get(key) ?? []).filter((atMs) => atMs > sinceMs);
  }
}
