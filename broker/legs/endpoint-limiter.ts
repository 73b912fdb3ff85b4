/**
 * What a fragile device must never see exceeded, counted over all its connections and sessions:
 * requests in flight, requests per second, and how many may wait here.
 */
import type { Clock } from "../clock.ts";
import type { EndpointLimits } from "../plant/model.ts";
import { Fifo } from "./fifo.ts";

/** Someone who has requests to send and is told when it may be worth asking again. */
export interface Waiting {
  /** False if there is nothing to send just now: then the next in line is told. */
  mayTake(): boolean;
}

/** A quiet spell may be made up for by this much of a second's requests at once. */
const BURST_SECONDS = 0.05;

export class EndpointLimiter {
  limits: EndpointLimits;
  /** Requests waiting in the broker; kept by the connections. */
  queued = 0;
  private readonly clock: Clock;
  private inFlight = 0;
  private tokens: number;
  private filledMs: number;
  private readonly waiting = new Fifo<Waiting>();
  private timer: (() => void) | undefined;

  constructor(limits: EndpointLimits, clock: Clock) {
    this.limits = limits;
    this.clock = clock;
    this.tokens = this.burst();
    this.filledMs = clock.monotonicMs();
  }

  /** Takes the place of one request. Where it answers false, `who` is told when to try again. */
  take(who: Waiting): boolean {
    if (this.inFlight >= this.limits.inFlightMax) {
      this.waiting.push(who);
      return false;
    }
    if (this.tokens < 1 && !this.fill()) {
      this.waiting.push(who);
      this.wakeWhenFilled();
      return false;
    }
    this.tokens -= 1;
    this.inFlight += 1;
    return true;
  }

  /** Gives the place of an answered or lost request back. */
  give(): void {
    this.inFlight -= 1;
    // Who cannot take it now may stand in the line again: each is told once.
    for (let left = this.waiting.length; left > 0; left--) {
      if (this.waiting.shift()?.mayTake()) break;
    }
  }

  private fill(): boolean {
    const nowMs = this.clock.monotonicMs();
    const earned = ((nowMs - this.filledMs) / 1000) * this.limits.requestsPerSecond;
    this.tokens = Math.min(this.burst(), this.tokens + earned);
    this.filledMs = nowMs;
    return this.tokens >= 1;
  }

  private burst(): number {
    return Math.max(1, this.limits.requestsPerSecond * BURST_SECONDS);
  }

  private wakeWhenFilled(): void {
    if (this.timer) return;
    const missingMs = ((1 - this.tokens) / this.limits.requestsPerSecond) * 1000;
    this.timer = this.clock.after(Math.max(1, Math.ceil(missingMs)), () => {
      this.timer = undefined;
      for (let left = this.waiting.length; left > 0; left--) this.waiting.shift()?.mayTake();
    });
  }
}
