/**
 * How the text of a term is compared: without regard to case. No regular expressions: a pattern
 * comes from whoever may search, and must not take longer than the text is long.
 */
import { NAME_FIELDS, type PatternField, PERSONAL_FIELDS } from "./terms.ts";

export type Matches = (text: string) => boolean;

export function matcherOf(field: PatternField, pattern: string): Matches {
  const wanted = fold(pattern);
  if (wanted.includes("*")) return (text) => matchesWildcard(wanted, fold(text));
  if (includes(NAME_FIELDS, field)) return (text) => fold(text) === wanted;
  if (includes(PERSONAL_FIELDS, field)) return (text) => startsWord(fold(text), wanted);
  return (text) => fold(text).includes(wanted);
}

function includes(fields: readonly string[], field: string): boolean {
  return fields.includes(field);
}

function fold(text: string): string {
  return text.toLowerCase();
}

/** `*` is any run of characters, none included. Linear: each part is taken where it first fits. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  if (text.length < first.length + last.length) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const LETTER = /[\p{L}\p{N}]/u;

/** Whole words from the start of one: `ana` in `Ana Weber` and `Weber, Ana`, not in `Diana`. */
function startsWord(text: string, wanted: string): boolean {
  if (wanted === "") return text === "";
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const before = text[at - 1];
    const after = text[at + wanted.length];
    const isStart = before === undefined || !LETTER.test(before);
    if (isStart && (after === undefined || !LETTER.test(after))) return true;
  }
  return false;
}
