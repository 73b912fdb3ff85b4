/** What a stranger's bundle says, as it may stand on a terminal. */
import type { JsonValue } from "../../protocols/log/canonical-json.ts";
import { plainText } from "../store/plain-text.ts";

/** Without control characters, and no longer than this. */
const TEXT_MAX = 300;

/** The last moment that a date can name. */
const DATE_MAX_MS = 8.64e15;

export function utc(ms: JsonValue | undefined): string {
  if (typeof ms !== "number" || Math.abs(ms) > DATE_MAX_MS) return "at an unknown time";
  return new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}

export function shown(text: string): string {
  return plainText(text, TEXT_MAX);
}
