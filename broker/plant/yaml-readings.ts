/** The readings that every part of the plant file is made of. */
import { suggestion } from "./nearest-word.ts";
import { DESCRIPTION_LENGTH_MAX, ID_LENGTH_MAX, NAME_LENGTH_MAX } from "./plant-limits.ts";
import type { Reading, Value } from "./yaml-value.ts";

/** Control characters and those that turn the direction of text: they would lie in logs and on pages. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** One line of text. */
export function text(lengthMax: number): Reading<string> {
  return (value) => {
    const read = plainText(value, lengthMax);
    if (read !== undefined && UNPRINTABLE.test(read)) {
      return value.fail("control characters and line breaks are not taken here");
    }
    return read;
  };
}

export const name: Reading<string> = text(NAME_LENGTH_MAX);

/** Text that may have several lines. */
export const description: Reading<string> = (value) => {
  const read = plainText(value, DESCRIPTION_LENGTH_MAX);
  if (read !== undefined && UNPRINTABLE.test(read.replaceAll("\n", ""))) {
    return value.fail("control characters are not taken here");
  }
  return read;
};

function plainText(value: Value, lengthMax: number): string | undefined {
  const { scalar } = value;
  if (typeof scalar === "number" || typeof scalar === "boolean") {
    return value.fail(`this must be text; put it in quotes: "${value.source}"`);
  }
  if (typeof scalar !== "string") return value.fail("this must be text");
  const trimmed = scalar.trim();
  if (trimmed === "") return value.fail("this must not be empty");
  if (trimmed.length > lengthMax) {
    return value.fail(`this has ${trimmed.length} characters; at most ${lengthMax} are taken`);
  }
  return trimmed;
}

const IDENTIFIER = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** The id of a zone, asset, endpoint, profile or grant: it stands in addresses and records. */
export const identifier: Reading<string> = (value) => {
  const read = text(ID_LENGTH_MAX)(value);
  if (read === undefined || IDENTIFIER.test(read)) return read;
  return value.fail(`"${read}" is not an id; use lower-case letters, digits and hyphens`);
};

/** A finite number, optionally within bounds. */
export function number(min = -Infinity, max = Infinity): Reading<number> {
  return (value) => {
    const { scalar } = value;
    if (typeof scalar !== "number" || !Number.isFinite(scalar)) {
      return value.fail(`this must be a number${between(min, max)}`);
    }
    if (scalar < min || scalar > max) {
      return value.fail(`${scalar} is not taken; write a number${between(min, max)}`);
    }
    return scalar;
  };
}

export function integer(min: number, max: number): Reading<number> {
  return (value) => {
    const { scalar } = value;
    if (typeof scalar === "number" && Number.isSafeInteger(scalar)) {
      if (scalar >= min && scalar <= max) return scalar;
    }
    return value.fail(`${shown(value)} is not taken; write a whole number from ${min} to ${max}`);
  };
}

export const flag: Reading<boolean> = (value) =>
  typeof value.scalar === "boolean"
    ? value.scalar
    : value.fail(`${shown(value)} is not taken; write true or false`);

export function oneOf<const T extends string>(words: readonly T[]): Reading<T> {
  return (value) => {
    const found = words.find((word) => word === value.scalar);
    if (found !== undefined) return found;
    const hint = suggestion(String(value.source ?? ""), words);
    return value.fail(`${shown(value)} is not taken; write ${words.join(" or ")}${hint}`);
  };
}

/** A list, each item read for itself. Items that fail are left out: they are reported already. */
export function list<T>(
  of: Reading<T>,
  { min = 0, max }: { readonly min?: number; readonly max: number },
): Reading<readonly T[]> {
  return (value) => {
    const { items } = value;
    if (!items) return value.fail("this must be a list: one item a line with `- `, or [a, b]");
    if (items.length < min) return value.fail(`this list needs at least ${min} item`);
    if (items.length > max) {
      return value.fail(`this list has ${items.length} items; at most ${max} are taken`);
    }
    const read: T[] = [];
    for (const item of items) {
      const each = item.isEmpty ? item.fail("this item of the list is empty") : of(item);
      if (each !== undefined) read.push(each);
    }
    return read;
  };
}

/** A list whose items must all differ. */
export function distinct<T>(
  of: Reading<T>,
  size: { readonly min?: number; readonly max: number },
): Reading<readonly T[]> {
  return (value) => {
    const seen = new Set<T>();
    return list((item) => {
      const read = of(item);
      if (read !== undefined && seen.has(read)) return item.fail(`${shown(item)} is given twice`);
      if (read !== undefined) seen.add(read);
      return read;
    }, size)(value);
  };
}

const DURATION = /^(\d+(?:\.\d+)?)\s?(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `500ms`, `2s`, `5m`, `8h`, `1d`, in whole milliseconds. */
export function durationMs(min: number, max: number): Reading<number> {
  return (value) => {
    const match = DURATION.exec(value.source ?? "");
    const unit = match?.[2] as keyof typeof UNIT_MS | undefined;
    if (!match || unit === undefined) {
      return value.fail(`${shown(value)} is not a duration; write it like 500ms, 2s, 5m or 8h`);
    }
    const ms = Math.round(Number(match[1]) * UNIT_MS[unit]);
    if (ms >= min && ms <= max) return ms;
    return value.fail(`${shown(value)} is not taken; write ${inWords(min)} to ${inWords(max)}`);
  };
}

function inWords(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 1_000 === 0) return `${ms / 1_000}s`;
  return `${ms}ms`;
}

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** ISO 8601 with a zone, as milliseconds since the epoch. */
export const instantMs: Reading<number> = (value) => {
  const source = value.source ?? "";
  const match = INSTANT.exec(source);
  const ms = match ? Date.parse(source) : Number.NaN;
  if (match && Number.isFinite(ms) && dayExists(match)) return ms;
  const example = "2026-03-01T06:00:00+01:00 or 2026-03-01T05:00:00Z";
  return value.fail(`${shown(value)} is not an instant; write date, time and zone like ${example}`);
};

/** The platform would take 30 February as 2 March. */
function dayExists(match: RegExpExecArray): boolean {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** How a value is quoted in a message. */
export function shown(value: Value): string {
  const { source } = value;
  if (source === undefined) return "this";
  return source.length > 60 ? `"${source.slice(0, 60)}…"` : `"${source}"`;
}

function between(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return "";
  if (max === Infinity) return ` of at least ${min}`;
  if (min === -Infinity) return ` of at most ${max}`;
  return ` from ${min} to ${max}`;
}
