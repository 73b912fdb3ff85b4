/** Remembers the recent values of some tags for drawing, bounded in time and number. */

/** Points kept of a tag that is drawn: an hour at one a second; a screen has fewer pixels. */
export const TREND_POINTS_MAX = 3600;

/** Points kept of every other tag: its small line in the table. */
export const RECENT_POINTS_MAX = 60;

/** A line that breaks does so this long after its last value: seconds, less than a pixel. */
const BREAK_S = 0.001;

/** Tags drawn at once: more lines than this cannot be told apart. */
export const TREND_TAGS_MAX = 8;

/** What uPlot draws: seconds since the epoch, then one row of values for each tag. */
export type TrendData = [number[], ...(number | null)[][]];

export class TrendBuffer {
  private readonly rows = new Map<string, { at: number[]; values: (number | null)[] }>();
  private drawn: ReadonlySet<string> = new Set();

  /** From now on these tags are remembered for long; all others only for their small line. */
  keep(tags: readonly string[]): void {
    this.drawn = new Set(tags);
  }

  /**
   * @param value null where the tag could not be read: the line is broken there
   * @param unbrokenMs after a longer silence nobody knows what it held meanwhile: broken there too
   */
  push(tag: string, atMs: number, value: number | null, unbrokenMs = Number.POSITIVE_INFINITY) {
    const row = this.rowOf(tag);
    const last = row.at.at(-1);
    if (last !== undefined && atMs - last * 1000 > unbrokenMs) {
      row.at.push(last + BREAK_S);
      row.values.push(null);
    }
    row.at.push(atMs / 1000);
    row.values.push(value);
    const pointsMax = this.drawn.has(tag) ? TREND_POINTS_MAX : RECENT_POINTS_MAX;
    // Trimming moves all points, so it is not done for each new one.
    if (row.at.length > pointsMax * 1.25) trim(row, pointsMax);
  }

  /** The last values of one tag, oldest first, for a small line in a table. */
  recent(tag: string, count: number): readonly (number | null)[] {
    return this.rows.get(tag)?.values.slice(-count) ?? [];
  }

  /** Values of several tags on one time axis, from this moment on. Between its own readings a tag keeps its last value. */
  aligned(tags: readonly string[], fromMs: number): TrendData {
    const moments = new Set<number>();
    for (const tag of tags) {
      for (const at of this.since(tag, fromMs).at) moments.add(at);
    }
    const axis = [...moments].sort((a, b) => a - b);
    return [axis, ...tags.map((tag) => this.along(tag, axis, fromMs))];
  }

  forget(): void {
    this.rows.clear();
  }

  private along(tag: string, axis: readonly number[], fromMs: number): (number | null)[] {
    const { at, values } = this.since(tag, fromMs);
    const byMoment = new Map(at.map((moment, n) => [moment, values[n] ?? null]));
    let last: number | null = null;
    return axis.map((moment) => {
      const value = byMoment.get(moment);
      if (value !== undefined) last = value;
      return last;
    });
  }

  private since(tag: string, fromMs: number): { at: number[]; values: (number | null)[] } {
    const row = this.rows.get(tag);
    if (!row) return { at: [], values: [] };
    const from = row.at.findIndex((at) => at >= fromMs / 1000);
    return from < 0
      ? { at: [], values: [] }
      : { at: row.at.slice(from), values: row.values.slice(from) };
  }

  private rowOf(tag: string): { at: number[]; values: (number | null)[] } {
    const known = this.rows.get(tag);
    if (known) return known;
    const row = { at: [], values: [] };
    this.rows.set(tag, row);
    return row;
  }
}

function trim(row: { at: number[]; values: (number | null)[] }, pointsMax: number): void {
  row.at.splice(0, row.at.length - pointsMax);
  row.values.splice(0, row.values.length - pointsMax);
}
