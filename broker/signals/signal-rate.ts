/** How many signals of one transmitter are looked at: so many a second, and some at once. */
import type { Clock } from "../clock.ts";

/** An identity provider that ends all sessions of a group sends as many at once. */
const BURST_S = 5;

export class SignalRate {
  private readonly clock: Clock;
  private readonly perSecond: number;
  private tokens: number;
  private atMs: number;

  constructor(clock: Clock, perSecond: number) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.tokens = perSecond * BURST_S;
    this.atMs = clock.monotonicMs();
  }

  take(): boolean {
    const nowMs = this.clock.monotonicMs();
    const earned = ((nowMs - this.atMs) / 1_000) * this.perSecond;
    this.tokens = Math.min(this.perSecond * BURST_S, this.tokens + earned);
    this.atMs = nowMs;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
