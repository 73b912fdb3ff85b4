/** Words for times and lengths of time. Pure: the present is passed in. */
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** From here on a date says more than a count of days. */
const RELATIVE_MAX_MS = 7 * DAY_MS;

/** Making one takes longer than a hundred uses of it. */
const dateAndTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const dateAndSecond = new Intl.DateTimeFormat("en-GB", {
  ...{ dateStyle: "medium", timeStyle: "medium" },
});
const dateOnly = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const timeExact = new Intl.DateTimeFormat("en-GB", {
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 },
});
const zoned = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const days = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "12 s ago", "in 3 h", "yesterday"; a date when it is more than a week away. */
export function relativeTime(atMs: number, nowMs: number): string {
  const awayMs = atMs - nowMs;
  const length = Math.abs(awayMs);
  if (length < 5 * SECOND_MS) return "now";
  if (length < MINUTE_MS) return away(awayMs, SECOND_MS, "s");
  if (length < HOUR_MS) return away(awayMs, MINUTE_MS, "min");
  if (length < DAY_MS) return away(awayMs, HOUR_MS, "h");
  if (length < RELATIVE_MAX_MS) return days.format(Math.trunc(awayMs / DAY_MS), "day");
  return localDate(atMs);
}

/** In the units that lengths of time have as well. */
function away(awayMs: number, unitMs: number, unit: string): string {
  const length = `${Math.trunc(Math.abs(awayMs) / unitMs)} ${unit}`;
  return awayMs < 0 ? `${length} ago` : `in ${length}`;
}

/** "2 h 05 min", "4 min 10 s", "9 s": the two units that matter; never negative. */
export function duration(lengthMs: number): string {
  const seconds = Math.max(0, Math.floor(lengthMs / SECOND_MS));
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24];
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${twoDigits(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${seconds} s`;
}

/** As `duration`, without seconds from ten minutes on: for counts that need not tick. */
export function roughDuration(lengthMs: number): string {
  if (lengthMs < 10 * MINUTE_MS) return duration(lengthMs);
  if (lengthMs < HOUR_MS) return `${Math.floor(lengthMs / MINUTE_MS)} min`;
  return duration(lengthMs);
}

/** "2026-11-22 02:47:12.345 UTC" */
export function exactUtc(atMs: number): string {
  return new Date(atMs).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** "22 Nov 2026, 03:47" in the viewer's zone. */
export function localTime(atMs: number): string {
  return dateAndTime.format(atMs);
}

/** "22 Nov 2026, 03:47:12" in the viewer's zone. */
export function localTimeToSecond(atMs: number): string {
  return dateAndSecond.format(atMs);
}

/** "Europe/Vienna": where a page is printed, nothing can be hovered over. */
export function localZone(): string {
  return dateAndTime.resolvedOptions().timeZone;
}

/** "22 Nov 2026" in the viewer's zone. */
export function localDate(atMs: number): string {
  return dateOnly.format(atMs);
}

/** "03:47:12" in the viewer's zone. */
export function clockTime(atMs: number): string {
  return timeOnly.format(atMs);
}

/** "03:47:12.345" in the viewer's zone. */
export function exactClockTime(atMs: number): string {
  return timeExact.format(atMs);
}

/** The value of an `<input type="datetime-local">` in the viewer's zone: "2026-11-22T03:47". */
export function toLocalInput(atMs: number): string {
  const offsetMs = new Date(atMs).getTimezoneOffset() * MINUTE_MS;
  return new Date(atMs - offsetMs).toISOString().slice(0, 16);
}

/** Milliseconds since the epoch; undefined while the input holds no whole time. */
export function fromLocalInput(value: string): number | undefined {
  const atMs = new Date(value).getTime();
  return Number.isNaN(atMs) ? undefined : atMs;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Of this browser, as the time zone database names it: "Europe/Vienna". */
export function ownTimeZone(): string {
  return dateAndTime.resolvedOptions().timeZone;
}

/** What that zone shows then, in short: "UTC", "GMT-5". */
export function zoneThen(atMs: number): string {
  const part = zoned.formatToParts(atMs).find(({ type }) => type === "timeZoneName");
  return part?.value ?? ownTimeZone();
}
