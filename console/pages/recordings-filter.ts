/** What the recordings list is narrowed to; it is part of the address. Pure. */
import { ALIASES } from "../../protocols/search/spelling.ts";
import { FIELDS } from "../../protocols/search/terms.ts";
import type { RecordingsAsked } from "../components/api.ts";
import { fromLocalInput } from "../components/time-words.ts";

const NAMES = ["text", "person", "asset", "state", "from", "until", "probes"] as const;
type Name = (typeof NAMES)[number];
/**
 * Empty strings do not narrow, but for `probes`: the broker's own recordings are shown only where
 * it is "with". `from` and `until` as in `<input type="datetime-local">`.
 */
export type RecordingsFilter = Readonly<Record<Name, string>>;

export function filterFrom(search: URLSearchParams): RecordingsFilter {
  const values = NAMES.map((name) => [name, search.get(name) ?? ""]);
  return Object.fromEntries(values) as RecordingsFilter;
}

export const NO_FILTER: RecordingsFilter = filterFrom(new URLSearchParams());

export function filterToSearch(filter: RecordingsFilter): Record<string, string> {
  return Object.fromEntries(NAMES.map((name) => [name, filter[name]]).filter(([, v]) => v !== ""));
}

export function isNarrowed(filter: RecordingsFilter): boolean {
  return NAMES.some((name) => filter[name] !== "");
}

/** Written like a search: `tag:P101*` is no name that a list could be narrowed to. */
export function isSearch(text: string): boolean {
  return [...text.matchAll(/(?:^|\s)-?([a-z]+):/gi)].some(([, word = ""]) =>
    SEARCHED.has(word.toLowerCase()),
  );
}

const SEARCHED: ReadonlySet<string> = new Set([...FIELDS, ...Object.keys(ALIASES)]);

/** What the broker is asked for. */
export function askedFor(filter: RecordingsFilter): Omit<RecordingsAsked, "limit" | "after"> {
  const { text, person, asset, state, from, until, probes } = filter;
  const fromMs = fromLocalInput(from);
  const untilMs = fromLocalInput(until);
  return {
    ...(person !== "" && { person }),
    ...(asset !== "" && { asset }),
    ...(state !== "" && { state }),
    ...(text.trim() !== "" && { contains: text.trim().slice(0, TEXT_MAX) }),
    ...(fromMs !== undefined && { fromMs: String(Math.max(0, fromMs)) }),
    ...(untilMs !== undefined && { untilMs: String(Math.max(0, untilMs)) }),
    ...(probes !== "with" && { probes: "without" }),
  };
}

/** What the broker reads of a filter. */
const TEXT_MAX = 200;

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** People or assets that occur, by name, once each. */
export function choicesOf(of: readonly { readonly id: string; readonly name: string }[]): Choice[] {
  const names = new Map(of.map(({ id, name }) => [id, name]));
  return [...names]
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
