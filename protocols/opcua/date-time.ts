/** Times of OPC UA in words, without a calendar at hand: the proleptic Gregorian one in UTC. */
const DAY_MS = 86_400_000;
/** Days of 400 years, and from the first of March of year 0 to 1970. */
const ERA_DAYS = 146_097;
const EPOCH_DAYS = 719_468;
/** A DateTime of OPC UA ends in the year 9999; beyond it a text says no more than a number. */
const TEXT_MAX_MS = 253_402_300_800_000;

/** @param ms since 1970; `2026-03-01T10:00:00.000Z` */
export function dateTimeText(ms: number): string {
  if (!(Math.abs(ms) < TEXT_MAX_MS)) return String(ms);
  const days = Math.floor(ms / DAY_MS);
  const rest = ms - days * DAY_MS;
  const time = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1000) % 60].map(two).join(":");
  const thousandths = String(Math.floor(rest % 1000)).padStart(3, "0");
  return `${dateText(days)}T${time}.${thousandths}Z`;
}

/** Howard Hinnant's way: years begin in March, so that the leap day is the last of its year. */
function dateText(days: number): string {
  const shifted = days + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const day = shifted - era * ERA_DAYS;
  const leaps = Math.floor(day / 1460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
  const yearOfEra = Math.floor((day - leaps) / 365);
  const fours = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = day - (365 * yearOfEra + fours);
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(dayOfMonth)}`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
