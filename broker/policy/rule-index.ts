/**
 * Finds the rule that decides an operation.
 *
 * The first rule whose match covers the whole operation decides. A `deny` covers what it touches
 * at all, so that its points cannot be reached within a longer write. A `hold` that an operation
 * touches only in part denies it: a person would agree to less, or to more, than is asked.
 *
 * For each class, function, unit and table the addresses fall into segments, each with the first
 * rule that touches it; an operation within one segment (nearly all are) costs one search.
 */
import { OPERATION_CLASSES } from "../../protocols/guard.ts";
import type { ModbusOperation, Table } from "../../protocols/modbus/operation.ts";
import type { AddressRange, ModbusEndpoint, Profile, Rule, Tag } from "../plant/model.ts";
import type { Decision } from "./decision.ts";
import {
  ADDRESS_LAST,
  areaOf,
  containsAll,
  firstOf,
  joinRanges,
  lastOf,
  overlapsAny,
  tableOf,
} from "./points.ts";
import { speaksOf } from "./speaks-of.ts";
import { lastAddress } from "./tag-span.ts";

export interface IndexedRule {
  readonly rule: Rule;
  /** Shared by every operation that this rule permits. */
  readonly permit: Decision;
  /** Its tags on this endpoint; undefined where the rule names none. */
  readonly tags: readonly Tag[] | undefined;
}

/** A hold that the operation touches only in part. */
export interface PartlyHeld {
  readonly partly: IndexedRule;
}

interface Candidate {
  readonly indexed: IndexedRule;
  readonly ranges: readonly AddressRange[];
  readonly partly: PartlyHeld;
}

interface Lane {
  readonly candidates: readonly Candidate[];
  /** Lowest and highest address of each candidate, to pass over most of them quickly. */
  readonly lows: Int32Array;
  readonly highs: Int32Array;
  /** Segment n begins at starts[n] and ends before starts[n + 1]. */
  readonly starts: readonly number[];
  readonly firsts: readonly (IndexedRule | undefined)[];
}

const EVERYWHERE: readonly AddressRange[] = [{ first: 0, last: ADDRESS_LAST }];

export class RuleIndex {
  private readonly rules: readonly IndexedRule[];
  private readonly lanes = new Map<number, Lane>();

  constructor(profile: Profile, endpoint: ModbusEndpoint) {
    const tags = new Map(endpoint.tags.map((tag) => [tag.name, tag]));
    const rules = profile.rules.filter((rule) => speaksOf(rule, "modbus"));
    this.rules = rules.map((rule) => ({
      rule,
      permit: { kind: "permit", rule: rule.name },
      tags: rule.match.tags?.flatMap((name) => tags.get(name) ?? []),
    }));
  }

  find(operation: ModbusOperation): IndexedRule | PartlyHeld | undefined {
    const table = tableOf(operation);
    if (table === undefined) return this.rules.find((each) => matchesDeed(each.rule, operation));
    return findInLane(this.laneOf(operation, table), firstOf(operation), lastOf(operation));
  }

  private laneOf(operation: ModbusOperation, table: Table): Lane {
    const kind = operation.function * 8 + OPERATION_CLASSES.indexOf(operation.class);
    const key = kind * 1024 + areaOf(operation.unit, table);
    const known = this.lanes.get(key);
    if (known) return known;
    const lane = buildLane(this.rules, operation, table);
    this.lanes.set(key, lane);
    return lane;
  }
}

/** Class, function and unit. */
function matchesKind({ match }: Rule, operation: ModbusOperation): boolean {
  return (
    (match.classes?.includes(operation.class) ?? true) &&
    (match.functions?.includes(operation.function) ?? true) &&
    (match.units?.includes(operation.unit) ?? true)
  );
}

/** For operations without points: rules that speak of points do not speak of them. */
function matchesDeed(rule: Rule, operation: ModbusOperation): boolean {
  const { match, verdict } = rule;
  if (!matchesKind(rule, operation)) return false;
  if (match.table !== undefined || match.addresses !== undefined || match.tags !== undefined) {
    return false;
  }
  if (operation.action === "modbus:other" && verdict !== "deny" && match.functions === undefined) {
    return false;
  }
  if (match.subFunctions === undefined) return true;
  const sub = subFunctionOf(operation);
  return sub !== undefined && match.subFunctions.includes(sub);
}

/** Function 43/14 reads the identification: its MEI type is its sub-function. */
const READ_DEVICE_IDENTIFICATION = 14;

function subFunctionOf(operation: ModbusOperation): number | undefined {
  switch (operation.action) {
    case "modbus:diagnostic":
    case "modbus:other":
      return operation.subFunction;
    case "modbus:identify":
      return operation.function === 43 ? READ_DEVICE_IDENTIFICATION : undefined;
    default:
      return undefined;
  }
}

function buildLane(rules: readonly IndexedRule[], operation: ModbusOperation, table: Table): Lane {
  const candidates = rules.flatMap((indexed) => {
    if (!matchesKind(indexed.rule, operation)) return [];
    if (indexed.rule.match.subFunctions !== undefined) return [];
    const ranges = rangesOf(indexed, operation.unit, table);
    return ranges.length === 0 ? [] : [{ indexed, ranges, partly: { partly: indexed } }];
  });
  const { starts, firsts } = segmentsOf(candidates);
  const lows = Int32Array.from(candidates, ({ ranges }) => ranges[0]?.first ?? 0);
  const highs = Int32Array.from(candidates, ({ ranges }) => ranges.at(-1)?.last ?? 0);
  return { candidates, lows, highs, starts, firsts };
}

/** Where a rule of this area speaks; nowhere where its tags are all elsewhere. */
function rangesOf(indexed: IndexedRule, unit: number, table: Table): readonly AddressRange[] {
  const { match } = indexed.rule;
  if (match.table !== undefined && match.table !== table) return [];
  if (indexed.tags === undefined) {
    return match.addresses === undefined ? EVERYWHERE : joinRanges(match.addresses);
  }
  const here = indexed.tags.filter((tag) => tag.unitId === unit && tag.table === table);
  const spans = here.map((tag) => ({ first: tag.address, last: lastAddress(tag) }));
  return joinRanges(match.addresses === undefined ? spans : withinAll(spans, match.addresses));
}

/** Both tags and addresses given: the points that are in both. */
function withinAll(
  spans: readonly AddressRange[],
  addresses: readonly AddressRange[],
): readonly AddressRange[] {
  return spans.flatMap((span) =>
    addresses.flatMap((range) => {
      const first = Math.max(span.first, range.first);
      const last = Math.min(span.last, range.last);
      return first <= last ? [{ first, last }] : [];
    }),
  );
}

/**
 * Paints every address with the first rule that touches it. Neighbours of one colour are one
 * segment: their rule covers both, and nothing comes before it.
 */
function segmentsOf(candidates: readonly Candidate[]): Pick<Lane, "starts" | "firsts"> {
  const colours = new Int16Array(ADDRESS_LAST + 1).fill(-1);
  for (const [n, { ranges }] of [...candidates.entries()].reverse()) {
    for (const { first, last } of ranges) colours.fill(n, first, last + 1);
  }
  const starts: number[] = [];
  const firsts: (IndexedRule | undefined)[] = [];
  for (let at = 0; at < colours.length; at++) {
    if (at > 0 && colours[at] === colours[at - 1]) continue;
    starts.push(at);
    firsts.push(candidates[colours[at] ?? -1]?.indexed);
  }
  return { starts, firsts };
}

function findInLane(lane: Lane, first: number, last: number): IndexedRule | PartlyHeld | undefined {
  const segment = segmentOf(lane.starts, first);
  const next = lane.starts[segment + 1];
  if (next === undefined || last < next) return lane.firsts[segment];
  return findAcross(lane, first, last);
}

/** An operation over several segments: rule by rule. */
function findAcross(
  { candidates, lows, highs }: Lane,
  first: number,
  last: number,
): IndexedRule | PartlyHeld | undefined {
  for (let n = 0; n < lows.length; n++) {
    if ((lows[n] ?? 0) > last || (highs[n] ?? 0) < first) continue;
    const candidate = candidates[n];
    const found = candidate && decides(candidate, first, last);
    if (found) return found;
  }
  return undefined;
}

function decides(
  { indexed, ranges, partly }: Candidate,
  first: number,
  last: number,
): IndexedRule | PartlyHeld | undefined {
  if (containsAll(ranges, first, last)) return indexed;
  if (indexed.rule.verdict === "permit" || !overlapsAny(ranges, first, last)) return undefined;
  return indexed.rule.verdict === "deny" ? indexed : partly;
}

/** The segment that holds the address. */
function segmentOf(starts: readonly number[], address: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= address) low = middle;
    else high = middle - 1;
  }
  return low;
}
