/**
 * Polling, folded: permitted reads of the same points with the same outcome are one row for a
 * window of time, with the smallest and largest value of each point and where it was read. Windows
 * grow with the age of the recording, so that a day of polling takes some dozens of rows and ten
 * times as long a few more. Nothing but reads is ever folded.
 */
import type { IndexedPoint, IndexedRow } from "./row.ts";

/** A window is at least this long, and otherwise this part of the recording's age. */
const WINDOW_MIN_MS = 10 * 60_000;
const WINDOW_PART = 1 / 24;
/** Different reads under way: more is a scan of the whole device, which then has shorter windows. */
export const FOLDS_MAX = 2_000;

export interface OpenFold {
  readonly key: string;
  readonly row: IndexedRow;
}

interface Fold {
  first: IndexedRow;
  untilSequence: number;
  untilMs: number;
  count: number;
  endMs: number;
  readonly min: number[];
  readonly max: number[];
  readonly minSequence: number[];
  readonly maxSequence: number[];
}

export class Polls {
  private readonly startedMs: number;
  private readonly folds = new Map<string, Fold>();

  /** @param startedMs of the recording */
  constructor(startedMs: number, open: readonly OpenFold[] = []) {
    this.startedMs = startedMs;
    for (const { key, row } of open) this.folds.set(key, this.foldOf(row));
  }

  /** Takes a settled read; answers the rows whose window is over with it. */
  push(key: string, row: IndexedRow): readonly IndexedRow[] {
    const fold = this.folds.get(key);
    if (fold !== undefined && row.atMs < fold.endMs && row.atMs >= fold.first.atMs) {
      extend(fold, row);
      return NONE;
    }
    const done = fold === undefined ? [] : [rowOf(fold)];
    this.folds.delete(key);
    if (this.folds.size >= FOLDS_MAX) done.push(...this.takeOldest());
    this.folds.set(key, this.foldOf(row));
    return done;
  }

  /** Those whose window was over at this time, although nothing followed. */
  expire(nowMs: number): readonly IndexedRow[] {
    const done: IndexedRow[] = [];
    for (const [key, fold] of this.folds) {
      if (fold.endMs > nowMs) continue;
      done.push(rowOf(fold));
      this.folds.delete(key);
    }
    return done;
  }

  /** As they stand. */
  open(): readonly OpenFold[] {
    return [...this.folds].map(([key, fold]) => ({ key, row: rowOf(fold) }));
  }

  finish(): readonly IndexedRow[] {
    const done = [...this.folds.values()].map(rowOf);
    this.folds.clear();
    return done;
  }

  private foldOf(row: IndexedRow): Fold {
    const age = row.atMs - this.startedMs;
    return {
      first: row,
      untilSequence: row.untilSequence,
      untilMs: row.untilMs,
      count: row.count,
      endMs: row.atMs + Math.max(WINDOW_MIN_MS, age * WINDOW_PART),
      min: row.points.map((point) => point.min),
      max: row.points.map((point) => point.max),
      minSequence: row.points.map((point) => point.minSequence),
      maxSequence: row.points.map((point) => point.maxSequence),
    };
  }

  private takeOldest(): readonly IndexedRow[] {
    for (const [key, fold] of this.folds) {
      this.folds.delete(key);
      return [rowOf(fold)];
    }
    return NONE;
  }
}

const NONE: readonly IndexedRow[] = [];

/** The reads of a fold touch the same points: their key says so. */
function extend(fold: Fold, { points, sequence, untilSequence, untilMs, count }: IndexedRow): void {
  fold.untilSequence = Math.max(fold.untilSequence, untilSequence);
  fold.untilMs = Math.max(fold.untilMs, untilMs);
  fold.count += count;
  for (let at = 0; at < points.length; at += 1) {
    const { min, max } = points[at] as IndexedPoint;
    // Written so that a number takes the place of a NaN, and never the other way round.
    if (!(min >= (fold.min[at] ?? Number.NaN)) && !Number.isNaN(min)) {
      fold.min[at] = min;
      fold.minSequence[at] = sequence;
    }
    if (!(max <= (fold.max[at] ?? Number.NaN)) && !Number.isNaN(max)) {
      fold.max[at] = max;
      fold.maxSequence[at] = sequence;
    }
  }
}

function rowOf(fold: Fold): IndexedRow {
  const { first, untilSequence, untilMs, count } = fold;
  const points = first.points.map((point, at) => ({
    ...point,
    min: fold.min[at] ?? Number.NaN,
    max: fold.max[at] ?? Number.NaN,
    minSequence: fold.minSequence[at] ?? first.sequence,
    maxSequence: fold.maxSequence[at] ?? first.sequence,
  }));
  return { ...first, untilSequence, untilMs, count, points };
}
