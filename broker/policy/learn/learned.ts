/** What the learners of all protocols share: what was seen, and rules as a plant file has them. */
import type { Operation, OperationClass } from "../../../protocols/guard.ts";

/** An operation that was permitted and carried out. */
export interface Seen<O extends Operation = Operation> {
  readonly operation: O;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** A person agreed to it: what is learned from it asks a person again. */
  readonly held?: true;
}

/** A rule with the keys of a plant file, in the order in which a person reads them. */
export interface LearnedRule {
  readonly name: string;
  readonly permit?: OperationClass;
  readonly hold?: OperationClass;
  readonly [key: string]: unknown;
}

export interface Learned {
  readonly rules: readonly LearnedRule[];
  /** Where the rules permit more than was seen, or less, in words. */
  readonly notes: readonly string[];
}

export interface LearnOptions {
  /** How much wider than what was seen bounds and rates are made; 0.1 is a tenth. */
  readonly margin: number;
}

/** Rates are counted in minutes: what people do by hand, and what a person can check. */
const RATE_MS = 60_000;
export const RATE = "1m";
/** The most that a rule can count in an interval. */
const TIMES_MAX = 100;

/**
 * The keys `every` and `times` that would have let all of it pass.
 * @param times ms, of one point each: the busiest minute of any of them counts
 */
export function rateOf(
  times: Iterable<readonly number[]>,
  { margin }: LearnOptions,
): { readonly every?: string; readonly times?: number } {
  let most = 0;
  for (const own of times) most = Math.max(most, busiest(own));
  const wanted = Math.ceil(most * (1 + margin));
  if (wanted === 0 || wanted > TIMES_MAX) return {};
  return wanted === 1 ? { every: RATE } : { every: RATE, times: wanted };
}

function busiest(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [n, atMs] of sorted.entries()) {
    while ((sorted[from] ?? atMs) <= atMs - RATE_MS) from += 1;
    most = Math.max(most, n - from + 1);
  }
  return most;
}

/** Values seen, as the keys `min` and `max`; a single one as well. Bounds of the plant are kept. */
export function boundsOf(
  values: readonly number[],
  { margin }: LearnOptions,
  own: { readonly min?: number; readonly max?: number } = {},
): { readonly min?: number; readonly max?: number } {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0 || finite.length < values.length) return {};
  let [least, most] = [finite[0] ?? 0, finite[0] ?? 0];
  for (const value of finite) [least, most] = [Math.min(least, value), Math.max(most, value)];
  const room = (most - least || Math.abs(most)) * margin;
  return {
    min: Math.max(rounded(least - room, "down"), own.min ?? Number.NEGATIVE_INFINITY),
    max: Math.min(rounded(most + room, "up"), own.max ?? Number.POSITIVE_INFINITY),
  };
}

const DIGITS = 6;

/** To what a person would write, never narrower. */
function rounded(value: number, way: "down" | "up"): number {
  const short = Number(value.toPrecision(DIGITS));
  if (way === "down" ? short <= value : short >= value) return short;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - DIGITS + 1);
  const next = Number((way === "down" ? short - unit : short + unit).toPrecision(DIGITS));
  return (way === "down" ? next <= value : next >= value) ? next : value;
}

/** In the order in which each key came first. */
export function grouped<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

export function sorted<T extends string | number>(items: Iterable<T>): readonly T[] {
  return [...new Set(items)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
