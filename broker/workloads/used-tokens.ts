/** Tokens that count once, remembered until they have expired. */
import type { Clock } from "../clock.ts";

/** With no room for more, none is taken: it could have been used before. */
const USED_MAX = 100_000;

export class UsedTokens {
  private readonly clock: Clock;
  /** With the wall time until which each would still be good. */
  private readonly used = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** False for one that was shown before. */
  once(name: string, untilMs: number): boolean {
    if (this.used.size >= USED_MAX) this.forgetExpired();
    if (this.used.has(name) || this.used.size >= USED_MAX) return false;
    this.used.set(name, untilMs);
    return true;
  }

  private forgetExpired(): void {
    const nowMs = this.clock.wallMs();
    for (const [name, untilMs] of this.used) if (untilMs <= nowMs) this.used.delete(name);
  }
}
