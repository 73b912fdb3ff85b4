/** A clock that moves only when a test says so, and runs what falls due on the way, in order. */
import type { Clock } from "../../broker/clock.ts";

interface Due {
  readonly atMs: number;
  readonly call: () => void;
}

export class TestClock implements Clock {
  private nowMs: number;
  private readonly startMs: number;
  private due: Due[] = [];
  private steppedMs = 0;

  constructor(startMs = Date.UTC(2026, 0, 5, 8)) {
    this.startMs = startMs;
    this.nowMs = startMs;
  }

  wallMs(): number {
    return this.nowMs + this.steppedMs;
  }

  /** The wall clock alone jumps, as after the machine slept; no timer notices. */
  stepWall(byMs: number): void {
    this.steppedMs += byMs;
  }

  monotonicMs(): number {
    return this.nowMs - this.startMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const entry = { atMs: this.nowMs + delayMs, call };
    this.due.push(entry);
    return () => {
      this.due = this.due.filter((other) => other !== entry);
    };
  }

  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (let next = this.firstDue(untilMs); next; next = this.firstDue(untilMs)) {
      const entry = next;
      this.due = this.due.filter((other) => other !== entry);
      this.nowMs = Math.max(this.nowMs, entry.atMs);
      entry.call();
    }
    this.nowMs = untilMs;
  }

  private firstDue(untilMs: number): Due | undefined {
    return this.due
      .filter((entry) => entry.atMs <= untilMs)
      .reduce<Due | undefined>((a, b) => (a && a.atMs <= b.atMs ? a : b), undefined);
  }
}
