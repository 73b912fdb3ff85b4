/** What can stand at the caret of the search box: names of fields, then their values. Pure. */
import { cutPieces } from "../../../protocols/search/parse-query.ts";
import { printText } from "../../../protocols/search/print-query.ts";
import { ALIASES } from "../../../protocols/search/spelling.ts";
import { FIELDS, isWordField, WORDS } from "../../../protocols/search/terms.ts";

/** Values of a field that are known here; those of words are known anyway. */
export type KnownValues = (field: string) => readonly string[];

export interface Proposal {
  /** As shown, and what stands in the text in its place. */
  readonly text: string;
  /** The field that it begins, for its explanation. */
  readonly field: string | undefined;
}

export interface Completion {
  /** Part of the text that a proposal takes the place of. */
  readonly from: number;
  readonly to: number;
  readonly proposals: readonly Proposal[];
}

/** Values; more is a list that nobody reads. */
const PROPOSALS_MAX = 12;
/** Those that are asked most come first. */
const NAMES: readonly string[] = [
  ...new Set<string>([
    ...["tag", "value", "verdict", "by", "asset", "rule", "register", "text", "last", "class"],
    ...FIELDS.filter((field) => field !== "any"),
  ]),
];
const SPANS = ["1h", "8h", "24h", "7d", "4w"];

export function completionAt(text: string, caret: number, known: KnownValues): Completion {
  const none = { from: caret, to: caret, proposals: [] };
  const pieces = cutPieces(text.slice(0, caret));
  if ("message" in pieces) return none;
  const piece = pieces.findLast(({ end }) => end === caret);
  if (piece === undefined) return { from: caret, to: caret, proposals: fieldsLike("") };
  if (piece.field === undefined) {
    const written = text.slice(piece.fieldAt, caret);
    return { from: piece.fieldAt, to: caret, proposals: fieldsLike(written) };
  }
  const value = piece.values.at(-1);
  if (value === undefined) return none;
  const written = piece.field.toLowerCase();
  const values = valuesOf(ALIASES[written] ?? written, known);
  return { from: value.at, to: caret, proposals: valuesLike(values, value.text) };
}

function fieldsLike(written: string): readonly Proposal[] {
  const wanted = written.toLowerCase();
  if (wanted.startsWith('"')) return [];
  return NAMES.filter((name) => name.startsWith(wanted)).map((name) => ({
    text: `${name}:`,
    field: name,
  }));
}

function valuesOf(field: string, known: KnownValues): readonly string[] {
  if (isWordField(field)) return WORDS[field];
  return field === "last" ? SPANS : known(field);
}

function valuesLike(values: readonly string[], written: string): readonly Proposal[] {
  const wanted = written.toLowerCase();
  const like = values.filter((value) => value.toLowerCase().includes(wanted));
  return like
    .filter((value) => value.toLowerCase() !== wanted)
    .sort((a, b) => rank(a, wanted) - rank(b, wanted) || a.localeCompare(b))
    .slice(0, PROPOSALS_MAX)
    .map((value) => ({ text: printText(value), field: undefined }));
}

function rank(value: string, wanted: string): number {
  return value.toLowerCase().startsWith(wanted) ? 0 : 1;
}

/** The text with the proposal in it, and where the caret is then. */
export function complete(
  text: string,
  { from, to }: Completion,
  proposal: Proposal,
): { readonly text: string; readonly caret: number } {
  const isWhole = proposal.field === undefined;
  const put = isWhole && text[to] !== " " ? `${proposal.text} ` : proposal.text;
  return { text: text.slice(0, from) + put + text.slice(to), caret: from + put.length };
}
