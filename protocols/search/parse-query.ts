/**
 * Reads the language of the search box.
 *
 *     query       = term *                     separated by blanks
 *     term        = [ "-" ] [ field ":" ] alternatives
 *     alternatives = text *( "," text )        text in double quotes may hold anything; \" and \\
 *
 * Faults say where they are and what was probably meant.
 */
import { ALIASES, MEANT, nearest } from "./spelling.ts";
import {
  ALTERNATIVES_MAX,
  FIELDS,
  type Field,
  isPatternField,
  isWordField,
  PATTERN_LENGTH_MAX,
  type PatternField,
  QUERY_LENGTH_MAX,
  TERMS_MAX,
  type Term,
  WORDS,
} from "./terms.ts";
import { parseInterval, parseMoment, parseRegisters, parseSpan, type Times } from "./values.ts";

export interface QueryFault {
  /** Place in the text, from `at` until before `end`. */
  readonly at: number;
  readonly end: number;
  readonly message: string;
  /** What to write in that place instead. */
  readonly suggestion?: string;
}

export type ParsedQuery =
  | { readonly kind: "terms"; readonly terms: readonly Term[] }
  | { readonly kind: "fault"; readonly fault: QueryFault };

export interface Piece {
  /** Of the whole term in the text. */
  readonly at: number;
  readonly end: number;
  readonly not: boolean;
  /** As written, without the colon; undefined for a bare word. */
  readonly field: string | undefined;
  readonly fieldAt: number;
  readonly values: readonly { readonly text: string; readonly at: number; readonly end: number }[];
}

export function parseQuery(text: string, times: Times): ParsedQuery {
  if (text.length > QUERY_LENGTH_MAX) {
    const message = `A search has at most ${QUERY_LENGTH_MAX} characters.`;
    return faultAt(QUERY_LENGTH_MAX, text.length, message);
  }
  const cut = cutPieces(text);
  if ("message" in cut) return { kind: "fault", fault: cut };
  if (cut.length > TERMS_MAX) {
    const surplus = cut[TERMS_MAX];
    return faultAt(surplus?.at ?? 0, text.length, `A search has at most ${TERMS_MAX} terms.`);
  }
  const terms: Term[] = [];
  for (const piece of cut) {
    const term = termOf(piece, times);
    if ("message" in term) return { kind: "fault", fault: term };
    terms.push(term);
  }
  return { kind: "terms", terms };
}

function faultAt(at: number, end: number, message: string): ParsedQuery {
  return { kind: "fault", fault: { at, end, message } };
}

const BLANK = /\s/;
const FIELD = /^([A-Za-z]+):/;

/** The terms as they stand in the text, not yet understood: for completion too. */
export function cutPieces(text: string): readonly Piece[] | QueryFault {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && BLANK.test(text[at] ?? "")) at += 1;
    if (at >= text.length) return pieces;
    const piece = cutPiece(text, at);
    if ("message" in piece) return piece;
    pieces.push(piece);
    at = piece.end;
  }
}

function cutPiece(text: string, start: number): Piece | QueryFault {
  const not = text[start] === "-" && start + 1 < text.length && !BLANK.test(text[start + 1] ?? "");
  const fieldAt = not ? start + 1 : start;
  const field = FIELD.exec(text.slice(fieldAt))?.[1];
  let at = field === undefined ? fieldAt : fieldAt + field.length + 1;
  const values: { text: string; at: number; end: number }[] = [];
  for (;;) {
    const value = cutValue(text, at, field !== undefined);
    if ("message" in value) return value;
    values.push(value);
    at = value.end;
    if (field === undefined || text[at] !== ",") break;
    at += 1;
  }
  return { at: start, end: at, not, field, fieldAt, values };
}

function cutValue(
  text: string,
  start: number,
  isList: boolean,
): { text: string; at: number; end: number } | QueryFault {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && !BLANK.test(text[end] ?? "") && !(isList && text[end] === ",")) {
      end += 1;
    }
    return { text: text.slice(start, end), at: start, end };
  }
  let value = "";
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === '"') return { text: value, at: start, end: at + 1 };
    if (character === "\\" && at + 1 < text.length) at += 1;
    value += text[at] ?? "";
  }
  const suggestion = `${text.slice(start)}"`;
  return { at: start, end: text.length, message: "The quotation mark is not closed.", suggestion };
}

function termOf(piece: Piece, times: Times): Term | QueryFault {
  if (piece.values.length > ALTERNATIVES_MAX) {
    return { ...piece, message: `A term has at most ${ALTERNATIVES_MAX} alternatives.` };
  }
  if (piece.field === undefined) return patternTerm("any", piece);
  const written = piece.field.toLowerCase();
  if (written === "last") return lastTerm(piece, times);
  const field = (ALIASES[written] ?? written) as Field;
  if (!FIELDS.includes(field) || field === "any") return unknownField(piece, written);
  if (isPatternField(field)) return patternTerm(field, piece);
  if (isWordField(field)) return wordTerm(field, piece);
  if (field === "after" || field === "before") return momentTerm(field, piece, times);
  return numberTerm(field, piece);
}

function unknownField(piece: Piece, written: string): QueryFault {
  const end = piece.fieldAt + written.length;
  const near = nearest(written, [...FIELDS.filter((field) => field !== "any"), "last"]);
  const message = `There is no field “${written}”. To look for the text itself, put it in quotes.`;
  return { at: piece.fieldAt, end, message, ...(near === undefined ? {} : { suggestion: near }) };
}

function patternTerm(field: PatternField, piece: Piece): Term | QueryFault {
  for (const { text, at, end } of piece.values) {
    if (text === "") return { at, end, message: `Say what “${piece.field ?? field}” is to be.` };
    if (text.length > PATTERN_LENGTH_MAX) {
      return { at, end, message: `At most ${PATTERN_LENGTH_MAX} characters are compared.` };
    }
  }
  return { field, ...negation(piece), any: piece.values.map(({ text }) => text) };
}

function wordTerm(field: keyof typeof WORDS, piece: Piece): Term | QueryFault {
  const words: readonly string[] = WORDS[field];
  for (const { text, at, end } of piece.values) {
    if (words.includes(text.toLowerCase())) continue;
    const near = meant(text.toLowerCase(), words);
    const message = `“${writtenOf(piece, field)}” is one of ${words.join(", ")}.`;
    return { at, end, message, ...(near === undefined ? {} : { suggestion: near }) };
  }
  return { field, ...negation(piece), any: piece.values.map(({ text }) => text.toLowerCase()) };
}

function meant(word: string, words: readonly string[]): string | undefined {
  const known = Object.hasOwn(MEANT, word) ? MEANT[word] : undefined;
  return known !== undefined && words.includes(known) ? known : nearest(word, words);
}

/** A person is told of the field by the name that they gave it. */
function writtenOf({ field }: Piece, otherwise: string): string {
  return field?.toLowerCase() ?? otherwise;
}

const EXPECTED = {
  value: "A value is a number, >40, >=40, <40, <=40 or a range such as 35..45.",
  unit: "A unit is a whole number from 0 to 255 or a range such as 1..4.",
  register: "A register is 40012, holding:11 (0-based), or a range such as 40010..40020.",
} as const;

function numberTerm(field: keyof typeof EXPECTED, piece: Piece): Term | QueryFault {
  const read = field === "register" ? parseRegisters : parseInterval;
  const any = piece.values.map(({ text }) => read(text));
  const wrong = any.indexOf(undefined);
  const place = piece.values[wrong];
  if (place !== undefined) return { at: place.at, end: place.end, message: EXPECTED[field] };
  return { field, ...negation(piece), any } as Term;
}

function momentTerm(field: "after" | "before", piece: Piece, times: Times): Term | QueryFault {
  const [value, ...more] = piece.values;
  if (piece.not || value === undefined || more.length > 0) {
    const message = `“${writtenOf(piece, field)}” takes one moment; use after and before for a range.`;
    return { at: piece.at, end: piece.end, message };
  }
  const atMs = parseMoment(value.text, times);
  if (atMs !== undefined) return { field, atMs };
  const message = `“${writtenOf(piece, field)}” takes a day or a moment, such as 2026-11-01 or 2026-11-01T14:30.`;
  return { at: value.at, end: value.end, message };
}

/** `last:24h` is `after` the moment so long ago. */
function lastTerm(piece: Piece, times: Times): Term | QueryFault {
  const spanMs = piece.values.length === 1 ? parseSpan(piece.values[0]?.text ?? "") : undefined;
  if (spanMs !== undefined && !piece.not) return { field: "after", atMs: times.nowMs - spanMs };
  const message = "“last” takes one span of time, such as 30m, 8h, 7d or 4w.";
  return { at: piece.at, end: piece.end, message };
}

function negation({ not }: Piece): { readonly not?: true } {
  return not ? { not: true } : {};
}
