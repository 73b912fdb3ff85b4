/**
 * What can be asked of recordings, as the console, the API and the index share it.
 *
 * A search is a list of terms; a hit fulfils all of them. A term names a field and alternatives,
 * of which one must match; with `not`, none may. The same in the language of the search box:
 *
 *     asset:plc-treatment tag:P101.* value:>40 verdict:deny,hold -by:"Ana" after:2026-11-01 reload
 */

/** Told by whole words of a name or a whole id: `by:ana` finds Ana Weber. */
export const PERSONAL_FIELDS = ["by", "employer", "asset", "zone"] as const;
/** Told whole, `*` standing for anything: ids, tags and names of rules. */
export const NAME_FIELDS = [
  ...["tag", "rule", "action", "endpoint", "protocol", "profile"],
  ...["grant", "request", "ticket", "recording", "approver"],
] as readonly string[] as readonly NameField[];
type NameField =
  | ("tag" | "rule" | "action" | "endpoint" | "protocol" | "profile")
  | ("grant" | "request" | "ticket" | "recording" | "approver");
/** Told by a part of the text. `any` is a word without a field. */
export const TEXT_FIELDS = ["any", "text", "file", "reason"] as const;

export type PatternField =
  | (typeof PERSONAL_FIELDS)[number]
  | NameField
  | (typeof TEXT_FIELDS)[number];

/** Fields with a few words each. */
export const WORDS = {
  class: ["observe", "operate", "configure", "program", "transfer"],
  verdict: ["permit", "deny", "hold"],
  outcome: ["answered", "exception", "refused", "held", "lost", "withheld", "pending", "permitted"],
  hold: ["any", "waiting", "allowed", "refused"],
  state: ["open", "sealed", "gap", "aborted"],
} as const;
export type WordField = keyof typeof WORDS;

/** An interval of numbers; an end that is absent is open, one with `…Open` does not belong to it. */
export interface Interval {
  readonly min?: number;
  readonly max?: number;
  readonly minOpen?: true;
  readonly maxOpen?: true;
}

export const TABLES = ["coils", "discrete-inputs", "holding-registers", "input-registers"] as const;

/** Protocol addresses, 0-based, both ends included. */
export interface RegisterRange {
  readonly table?: (typeof TABLES)[number];
  readonly from: number;
  readonly to: number;
}

export type Term =
  | { readonly field: PatternField; readonly not?: true; readonly any: readonly string[] }
  | { readonly field: WordField; readonly not?: true; readonly any: readonly string[] }
  /** Engineering values of tags, raw values of registers without one. */
  | { readonly field: "value"; readonly not?: true; readonly any: readonly Interval[] }
  | { readonly field: "unit"; readonly not?: true; readonly any: readonly Interval[] }
  | { readonly field: "register"; readonly not?: true; readonly any: readonly RegisterRange[] }
  /** Milliseconds since the epoch; the moment itself belongs to `after`. */
  | { readonly field: "after" | "before"; readonly atMs: number };

export type Field = Term["field"];

export const FIELDS: readonly Field[] = [
  ...PERSONAL_FIELDS,
  ...NAME_FIELDS,
  ...TEXT_FIELDS,
  ...(Object.keys(WORDS) as WordField[]),
  "value",
  "unit",
  "register",
  "after",
  "before",
];

/** More is no question that a person asks. */
export const TERMS_MAX = 24;
export const ALTERNATIVES_MAX = 32;
export const PATTERN_LENGTH_MAX = 200;
export const QUERY_LENGTH_MAX = 2000;

export function isPatternField(field: string): field is PatternField {
  const all: readonly string[] = [...PERSONAL_FIELDS, ...NAME_FIELDS, ...TEXT_FIELDS];
  return all.includes(field);
}

export function isWordField(field: string): field is WordField {
  return Object.hasOwn(WORDS, field);
}
