/** What another baseline makes usual, and what it makes unusual again, in words. Pure. */
import type { Baseline, Range, Usual } from "./baseline.ts";

/** Of one person on one asset, or of the values of one asset. */
export interface BaselineChange {
  /** Empty for values: they are anybody's. */
  readonly person: string;
  readonly asset: string;
  /** Would not be a finding any more. */
  readonly adds: readonly string[];
  /** Would be one again. */
  readonly drops: readonly string[];
}

/** More lines than this nobody reads; their number is told. */
const LINES_MAX = 300;
/** Of one person on one asset. */
const WORDS_MAX = 40;

export interface BaselineChanges {
  readonly changes: readonly BaselineChange[];
  /** Beyond those. */
  readonly more: number;
}

const NOBODY: Usual = {
  ...{ person: "", sessions: 0, deeds: [], hours: [], networks: [] },
  ...{ changesPerMinute: 0, readsPerMinute: 0, refusedInARow: 0, exceptionsPerMinute: 0 },
};
const NOTHING: Pick<Baseline, "usual" | "values"> = { usual: {}, values: {} };

/** @param before undefined: nothing was compared so far */
export function baselineChanges(
  before: Pick<Baseline, "usual" | "values"> = NOTHING,
  after: Pick<Baseline, "usual" | "values">,
): BaselineChanges {
  const people = keysOf(before.usual, after.usual).flatMap((key) =>
    ofPerson(key, before.usual[key], after.usual[key]),
  );
  const values = keysOf(before.values, after.values).flatMap((key) =>
    ofValues(key, before.values[key], after.values[key]),
  );
  const all = [...people, ...values];
  return { changes: all.slice(0, LINES_MAX), more: Math.max(0, all.length - LINES_MAX) };
}

function keysOf(before: object, after: object): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
}

function ofPerson(
  key: string,
  before: Usual | undefined,
  after: Usual | undefined,
): readonly BaselineChange[] {
  const person = (after ?? before)?.person ?? "";
  const asset = key.slice(key.indexOf(" ") + 1);
  const [was, is] = [before ?? NOBODY, after ?? NOBODY];
  const adds = [...(before ? [] : ["works there at all"]), ...gained(was, is)];
  const drops = [...(after ? [] : ["works there at all"]), ...gained(is, was)];
  if (adds.length + drops.length === 0) return [];
  return [{ person, asset, adds: short(adds), drops: short(drops) }];
}

/** What is usual in the second and was not in the first. */
function gained(was: Usual, is: Usual): readonly string[] {
  return [
    ...missing(was.deeds, is.deeds),
    ...missing(was.hours, is.hours).map((hour) => `around ${hour}:00`),
    ...missing(was.networks, is.networks).map((network) => `from ${network}`),
    ...faster("changes a minute", was.changesPerMinute, is.changesPerMinute),
    ...faster("readings a minute", was.readsPerMinute, is.readsPerMinute),
    ...faster("refusals in a row", was.refusedInARow, is.refusedInARow),
    ...faster("errors a minute", was.exceptionsPerMinute ?? 0, is.exceptionsPerMinute ?? 0),
  ];
}

function missing<T>(was: readonly T[], is: readonly T[]): readonly T[] {
  const known = new Set(was);
  return is.filter((each) => !known.has(each));
}

function faster(what: string, was: number, is: number): readonly string[] {
  return is > was ? [`${is} ${what} (${was})`] : [];
}

function ofValues(
  key: string,
  before: Range | undefined,
  after: Range | undefined,
): readonly BaselineChange[] {
  const at = key.indexOf(" ");
  const point = key.slice(at + 1);
  const range = ({ min, max }: Range) => `${point} ${min} to ${max}`;
  const adds = after && !within(after, before) ? [range(after)] : [];
  const drops = before && !within(before, after) ? [range(before)] : [];
  if (adds.length + drops.length === 0) return [];
  return [{ person: "", asset: key.slice(0, at), adds, drops }];
}

function within(inner: Range, outer: Range | undefined): boolean {
  return outer !== undefined && inner.min >= outer.min && inner.max <= outer.max;
}

function short(words: readonly string[]): readonly string[] {
  const more = words.length - WORDS_MAX;
  return more > 0 ? [...words.slice(0, WORDS_MAX), `and ${more} more`] : words;
}
