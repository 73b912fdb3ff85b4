import type { RateLedger } from "./decision.ts";

/** Points remembered at once for one endpoint: its registers, for several subjects. */
export const RATE_POINTS_MAX = 16_384;
/** The most writes that a rule may allow in an interval (`INTERVAL_COUNT_MAX` of the plant file). */
const TIMES_MAX = 100;

interface History {
  /** Times of the counted writes, oldest first. */
  readonly times: number[];
  /** The longest interval that a rule counted here with: what is older counts for nobody. */
  longestMs: number;
}

/**
 * Remembers counted writes in memory. When it is full, points whose interval is over make room;
 * if there are none, the write is refused rather than a rate forgotten.
 *
 * `nowMs` is monotonic: a clock that steps would forget rates, or keep them for hours.
 */
export class BoundedRateLedger implements RateLedger {
  private readonly histories = new Map<string, History>();
  private readonly pointsMax: number;
  /** Before this a sweep finds nothing. */
  private sweepMs = -Infinity;

  constructor(pointsMax = RATE_POINTS_MAX) {
    this.pointsMax = pointsMax;
  }

  /** Points remembered now. */
  get size(): number {
    return this.histories.size;
  }

  take(points: readonly string[], intervalMs: number, countMax: number, nowMs: number): boolean {
    if (!this.makeRoom(points, nowMs)) return false;
    for (const point of points) {
      const history = this.histories.get(point);
      if (history && countSince(history, nowMs - intervalMs) >= countMax) return false;
    }
    for (const point of points) this.count(point, intervalMs, nowMs);
    return true;
  }

  private count(point: string, intervalMs: number, nowMs: number): void {
    const history = this.histories.get(point) ?? { times: [], longestMs: intervalMs };
    history.longestMs = Math.max(history.longestMs, intervalMs);
    const { times } = history;
    while (times.length >= TIMES_MAX || (times[0] ?? nowMs) <= nowMs - history.longestMs) {
      times.shift();
    }
    times.push(nowMs);
    this.histories.set(point, history);
    this.sweepMs = Math.min(this.sweepMs, nowMs + history.longestMs);
  }

  private makeRoom(points: readonly string[], nowMs: number): boolean {
    if (this.hasRoom(points)) return true;
    if (nowMs < this.sweepMs) return false;
    this.sweepMs = Infinity;
    for (const [point, { times, longestMs }] of this.histories) {
      const expiresMs = (times.at(-1) ?? -Infinity) + longestMs;
      if (expiresMs <= nowMs) this.histories.delete(point);
      else this.sweepMs = Math.min(this.sweepMs, expiresMs);
    }
    return this.hasRoom(points);
  }

  private hasRoom(points: readonly string[]): boolean {
    const { size } = this.histories;
    if (size + points.length <= this.pointsMax) return true;
    const fresh = points.reduce((sum, point) => sum + (this.histories.has(point) ? 0 : 1), 0);
    return size + fresh <= this.pointsMax;
  }
}

function countSince({ times }: History, sinceMs: number): number {
  let count = 0;
  for (let n = times.length - 1; n >= 0; n--) {
    if ((times[n] ?? -Infinity) <= sinceMs) break;
    count += 1;
  }
  return count;
}
