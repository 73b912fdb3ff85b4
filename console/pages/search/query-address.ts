/** Moments of a search in the viewer's zone, and the address of one. */
import { printText } from "../../../protocols/search/print-query.ts";
import type { Field } from "../../../protocols/search/terms.ts";
import type { Times } from "../../../protocols/search/values.ts";

export function viewersTimes(nowMs: number): Times {
  return {
    nowMs,
    local: (year, month, day, hour, minute) =>
      new Date(year, month - 1, day, hour, minute).getTime(),
  };
}

/** "2026-11-22", "2026-11-22T03:47" or with seconds: as short as it can be read back. */
export function viewersMoment(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const minute = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const [seconds, ms] = [at.getSeconds(), at.getMilliseconds()];
  if (seconds === 0 && ms === 0) return minute === "00:00" ? day : `${day}T${minute}`;
  const rest = ms === 0 ? "" : `.${String(ms).padStart(3, "0")}`;
  return `${day}T${minute}:${two(seconds)}${rest}`;
}

/** Address of the page with this search. */
export function searchAddress(field: Field, value: string): string {
  return `/recordings?q=${encodeURIComponent(`${field}:${printText(value)}`)}`;
}

export function utcMoment(atMs: number): string {
  return new Date(atMs).toISOString();
}
