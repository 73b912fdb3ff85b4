/**
 * Who is changing which points of an endpoint, over all sessions. A write whose limit rests on
 * the current value excludes every other write of these points from the reading until its
 * outcome; plain writes only exclude such a one, not each other.
 */

/** Consecutive points of one table; `*` stands for every table of the unit. */
export interface PointSpan {
  readonly unit: number;
  readonly table: string;
  readonly first: number;
  readonly last: number;
}

export interface PointLock {
  readonly spans: readonly PointSpan[];
  readonly exclusive: boolean;
}

interface Waiter extends PointLock {
  granted(lock: PointLock): void;
}

export class PointLocks {
  private readonly held = new Set<PointLock>();
  private readonly waiting: Waiter[] = [];

  /** The lock, if nobody who has it or waited before stands against it. */
  take(spans: readonly PointSpan[], exclusive: boolean): PointLock | undefined {
    const lock: PointLock = { spans, exclusive };
    if (this.isBlocked(lock, this.waiting.length)) return undefined;
    this.held.add(lock);
    return lock;
  }

  /** Calls back, possibly at once, when it is free. The returned function stops waiting. */
  wait(
    spans: readonly PointSpan[],
    exclusive: boolean,
    granted: (lock: PointLock) => void,
  ): () => void {
    const lock = this.take(spans, exclusive);
    if (lock) {
      granted(lock);
      return () => {};
    }
    const waiter: Waiter = { spans, exclusive, granted };
    this.waiting.push(waiter);
    return () => this.leave(waiter);
  }

  release(lock: PointLock): void {
    if (this.held.delete(lock)) this.grantNext();
  }

  private leave(waiter: Waiter): void {
    const at = this.waiting.indexOf(waiter);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    this.grantNext();
  }

  private grantNext(): void {
    for (let at = 0; at < this.waiting.length; ) {
      const waiter = this.waiting[at];
      if (!waiter || this.isBlocked(waiter, at)) at++;
      else {
        this.waiting.splice(at, 1);
        this.held.add(waiter);
        waiter.granted(waiter);
        at = 0;
      }
    }
  }

  private isBlocked(lock: PointLock, waitersBefore: number): boolean {
    for (const other of this.held) if (excludes(lock, other)) return true;
    for (let at = 0; at < waitersBefore; at++) {
      const other = this.waiting[at];
      if (other && excludes(lock, other)) return true;
    }
    return false;
  }
}

function excludes(a: PointLock, b: PointLock): boolean {
  if (!a.exclusive && !b.exclusive) return false;
  return a.spans.some((one) => b.spans.some((other) => overlap(one, other)));
}

function overlap(a: PointSpan, b: PointSpan): boolean {
  if (a.unit !== b.unit) return false;
  if (a.table !== b.table && a.table !== "*" && b.table !== "*") return false;
  return a.table === "*" || b.table === "*" || (a.first <= b.last && b.first <= a.last);
}
