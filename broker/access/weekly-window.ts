/**
 * Windows that come back every week, in the site's time zone. Across a change of the clocks a
 * window keeps its times on the wall: Tuesday 08:00 is 08:00 in summer and in winter. An hour that
 * comes twice belongs to the window both times; a time that is skipped is the moment of the jump.
 * Pure: the time zone data is the platform's.
 */
import { DAYS, type WeeklyWindow } from "../store/model.ts";
import { instantOf, wallTime } from "./wall-time.ts";

/** Both in milliseconds since the epoch; it counts from the first and no more at the second. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A day at each side for zones far from UTC, and a week ahead for the next window. */
const DAYS_BEHIND = 1;
const DAYS_AHEAD = 8;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * The window that is open now, or else the next one; windows that touch are one. Undefined where
 * there are none.
 */
export function windowAt(
  windows: readonly WeeklyWindow[],
  timeZone: string,
  nowMs: number,
): Span | undefined {
  return joined(occurrences(windows, timeZone, nowMs)).find(({ untilMs }) => untilMs > nowMs);
}

/** A sentence that can be wrong: undefined where the window can be. */
export function problemOfWindow({ day, from, until }: WeeklyWindow): string | undefined {
  if (!DAYS.includes(day)) return `"${day}" is not a day`;
  const [begin, end] = [minutesOf(from), minutesOf(until)];
  if (begin === undefined || end === undefined) return "A time is written like 08:00.";
  return end > begin ? undefined : "A weekly window ends after it begins, on the same day.";
}

function occurrences(windows: readonly WeeklyWindow[], timeZone: string, nowMs: number): Span[] {
  const today = wallTime(nowMs, timeZone) - (wallTime(nowMs, timeZone) % DAY_MS);
  const spans: Span[] = [];
  for (let ahead = -DAYS_BEHIND; ahead <= DAYS_AHEAD; ahead++) {
    const midnight = today + ahead * DAY_MS;
    const day = DAYS[(new Date(midnight).getUTCDay() + 6) % 7];
    for (const window of windows) {
      if (window.day !== day) continue;
      const fromMs = instantOf(
        midnight + (minutesOf(window.from) ?? 0) * MINUTE_MS,
        timeZone,
        "first",
      );
      const untilMs = instantOf(
        midnight + (minutesOf(window.until) ?? 0) * MINUTE_MS,
        timeZone,
        "last",
      );
      if (untilMs > fromMs) spans.push({ fromMs, untilMs });
    }
  }
  return spans.sort((a, b) => a.fromMs - b.fromMs);
}

function joined(spans: readonly Span[]): Span[] {
  const whole: Span[] = [];
  for (const span of spans) {
    const last = whole.at(-1);
    if (!last || span.fromMs > last.untilMs) whole.push(span);
    else {
      const untilMs = Math.max(last.untilMs, span.untilMs);
      whole[whole.length - 1] = { fromMs: last.fromMs, untilMs };
    }
  }
  return whole;
}

function minutesOf(time: string): number | undefined {
  const match = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(time);
  if (!match) return undefined;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return minutes <= 24 * 60 ? minutes : undefined;
}
