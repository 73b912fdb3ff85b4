/** Instants and what a clock on a wall of the site shows at them. Pure: the platform knows the zones. */
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * The instant at which the wall shows this. The offsets a day before and after are all that can
 * apply; where the clocks went back both do, where they went forward neither.
 * @param wallMs what the wall shows, written as if it were UTC
 */
export function instantOf(wallMs: number, timeZone: string, which: "first" | "last"): number {
  const around = [-DAY_MS, DAY_MS].map((away) => {
    const atMs = wallMs + away;
    return wallMs - (wallTime(atMs, timeZone) - atMs);
  });
  const shown = around.filter((atMs) => wallTime(atMs, timeZone) === wallMs);
  if (shown.length === 0) return jumpBetween(Math.min(...around), Math.max(...around), timeZone);
  return which === "first" ? Math.min(...shown) : Math.max(...shown);
}

/** The minute at which the offset changes between two instants. */
function jumpBetween(fromMs: number, untilMs: number, timeZone: string): number {
  const offset = (atMs: number) => wallTime(atMs, timeZone) - atMs;
  let [before, after] = [fromMs, untilMs];
  while (after - before > MINUTE_MS) {
    const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offset(middle) === offset(fromMs)) before = middle;
    else after = middle;
  }
  return after;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the wall shows at an instant, to the second, written as if it were UTC. */
export function wallTime(atMs: number, timeZone: string): number {
  const known = formats.get(timeZone);
  const format =
    known ??
    new Intl.DateTimeFormat("en-US", {
      ...{ timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    });
  if (!known) formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const [year, month, day] = [part("year"), part("month") - 1, part("day")];
  return Date.UTC(year, month, day, part("hour"), part("minute"), part("second"));
}

/** A month of the calendar on the wall. */
export interface Month {
  /** `2026-11` */
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The month of the instant and those before it, the newest first. */
export function monthsUntil(nowMs: number, timeZone: string, count: number): readonly Month[] {
  const today = new Date(wallTime(nowMs, timeZone));
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth()];
  return Array.from({ length: count }, (_, back) => {
    const first = Date.UTC(year, month - back, 1);
    const next = Date.UTC(year, month - back + 1, 1);
    return {
      name: new Date(first).toISOString().slice(0, 7),
      fromMs: instantOf(first, timeZone, "first"),
      untilMs: instantOf(next, timeZone, "first"),
    };
  });
}
