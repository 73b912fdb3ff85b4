/** Finds rules that can never decide, because an earlier one decides all that they match. Pure. */
import type { AddressRange, Rule, RuleMatch } from "./model.ts";

export interface Unreachable {
  readonly rule: Rule;
  /** The earlier rule that takes everything. */
  readonly because: Rule;
}

/** Says nothing about rules that several earlier ones cover only together. */
export function unreachableRules(rules: readonly Rule[]): readonly Unreachable[] {
  return rules.flatMap((rule, n) => {
    const because = rules.slice(0, n).find((earlier) => covers(earlier, rule));
    return because === undefined ? [] : [{ rule, because }];
  });
}

function covers(earlier: Rule, later: Rule): boolean {
  const [a, b] = [earlier.match, later.match];
  return (
    coversKind(earlier, later) &&
    includesAll(a.units, b.units) &&
    (a.table === undefined || a.table === b.table) &&
    coversPoints(a, b) &&
    (a.own === undefined || JSON.stringify(a.own) === JSON.stringify(b.own)) &&
    (later.verdict === "permit" || earlier.verdict !== "permit" || isAnywhere(a))
  );
}

/** Classes, functions and sub-functions. */
function coversKind(earlier: Rule, later: Rule): boolean {
  const [a, b] = [earlier.match, later.match];
  // A rule without functions does not speak for functions that nobody knows, unless it denies.
  if (a.functions === undefined && b.functions !== undefined && earlier.verdict !== "deny") {
    if (b.classes?.includes("program") ?? true) return false;
  }
  return (
    includesAll(a.classes, b.classes) &&
    includesAll(a.functions, b.functions) &&
    includesAll(a.subFunctions, b.subFunctions)
  );
}

function includesAll<T>(outer: readonly T[] | undefined, inner: readonly T[] | undefined): boolean {
  if (outer === undefined) return true;
  return inner?.every((each) => outer.includes(each)) ?? false;
}

/** A permit decides where it holds all points, the others wherever they touch one. */
function isAnywhere(match: RuleMatch): boolean {
  const { table, addresses, tags, own } = match;
  return [table, addresses, tags, own].every((key) => key === undefined);
}

function coversPoints(a: RuleMatch, b: RuleMatch): boolean {
  return includesAll(a.tags, b.tags) && coversAddresses(a.addresses, b.addresses);
}

function coversAddresses(
  outer: readonly AddressRange[] | undefined,
  inner: readonly AddressRange[] | undefined,
): boolean {
  if (outer === undefined) return true;
  return inner?.every((range) => outer.some((each) => holds(each, range))) ?? false;
}

function holds(outer: AddressRange, inner: AddressRange): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}
