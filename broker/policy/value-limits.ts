/**
 * Judges the values of a write: against the limits of the rule that matched, and against the
 * bounds that a tag sets for every profile.
 *
 * Where a rule names tags its limits are engineering values of those tags; otherwise they are raw
 * values of each register or coil. A tag is judged whole: half a float means nothing.
 */
import type { RefusalKind } from "../../protocols/guard.ts";
import type { Table } from "../../protocols/modbus/operation.ts";
import type { Rule, RuleLimits, Tag } from "../plant/model.ts";
import { assignment, limitInWords, pointsInWords, tagPoints, valueInWords } from "./point-words.ts";
import { areaOf, TagIndex } from "./points.ts";
import {
  type EngineeringLimits,
  engineering,
  exceedsStep,
  isComparable,
  type RawLimits,
  rawLimits,
  rawValue,
} from "./raw-value.ts";
import { lastAddress } from "./tag-span.ts";

export interface Refused {
  readonly rule: string;
  readonly refusal: RefusalKind;
  readonly reason: string;
}

/** Consecutive points of one table and the values that they would have. */
export interface Written {
  readonly unit: number;
  readonly table: Table;
  readonly address: number;
  readonly values: readonly number[];
}

/** Limits of one tag, ready to compare. */
interface TagLimits {
  readonly tag: Tag;
  readonly rule: string;
  readonly given: EngineeringLimits;
  readonly raw: RawLimits;
}

/** The rule named when a tag's own bounds refuse a value. */
export const TAG_BOUNDS = "tag-bounds";

/** The limits that the values of a write must keep, of one rule and of the endpoint's tags. */
export class ValueLimits {
  private readonly ofRule: TagIndex<TagLimits> | undefined;
  private readonly ofPoints: { readonly rule: string; readonly limits: RuleLimits } | undefined;
  private readonly ofTags: TagIndex<TagLimits>;
  /** Whether the current values must be known. */
  readonly hasStep: boolean;

  /** @param tags those that the rule names on this endpoint; undefined where it names none */
  constructor(rule: Rule, tags: readonly Tag[] | undefined, ofTags: TagIndex<TagLimits>) {
    const { name, limits } = rule;
    this.ofTags = ofTags;
    this.hasStep = limits.stepMax !== undefined;
    if (hasValueLimits(limits)) {
      if (tags === undefined) this.ofPoints = { rule: name, limits };
      else this.ofRule = new TagIndex(tags.map((tag) => tagLimits(tag, name, limits)));
    }
  }

  /** Whether these points have any limit on their values. */
  concern(unit: number, table: Table, first: number, last: number): boolean {
    if (this.ofRule !== undefined || this.ofPoints !== undefined) return true;
    return this.ofTags.touches(areaOf(unit, table), first, last);
  }

  /** Whether a tag with limits is touched only in part: no value of it can be judged then. */
  refusePart(unit: number, table: Table, first: number, last: number): Refused | undefined {
    const area = areaOf(unit, table);
    const test = (limits: TagLimits) => refusePart(limits, first, last);
    return (
      this.ofRule?.first(area, first, last, test) ?? this.ofTags.first(area, first, last, test)
    );
  }

  /** What is wrong with the values themselves; undefined where they keep every limit. */
  refuse(written: Written): Refused | undefined {
    return (
      this.ofRule?.first(...areaIn(written), (limits) => refuseTag(limits, written)) ??
      (this.ofPoints && refusePoints(this.ofPoints.rule, this.ofPoints.limits, written)) ??
      this.ofTags.first(...areaIn(written), (limits) => refuseTag(limits, written))
    );
  }

  /** What is wrong with the change from the current values. Ask after `refuse`. */
  refuseStep(written: Written, current: readonly number[]): Refused | undefined {
    if (!this.hasStep) return undefined;
    return (
      this.ofRule?.first(...areaIn(written), (limits) => stepOfTag(limits, written, current)) ??
      (this.ofPoints && stepOfPoints(this.ofPoints.rule, this.ofPoints.limits, written, current))
    );
  }
}

/** The bounds that the tags of an endpoint set for every profile. */
export function boundsOfTags(tags: readonly Tag[]): TagIndex<TagLimits> {
  const bounded = tags.filter((tag) => tag.min !== undefined || tag.max !== undefined);
  return new TagIndex(bounded.map((tag) => tagLimits(tag, TAG_BOUNDS, boundsOf(tag))));
}

function boundsOf({ min, max }: Tag): EngineeringLimits {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function tagLimits(tag: Tag, rule: string, given: EngineeringLimits): TagLimits {
  return { tag, rule, given, raw: rawLimits(tag, given) };
}

export function hasValueLimits(limits: RuleLimits): boolean {
  const { min, max, values, stepMax } = limits;
  return min !== undefined || max !== undefined || values !== undefined || stepMax !== undefined;
}

function areaIn({ unit, table, address, values }: Written): [number, number, number] {
  return [areaOf(unit, table), address, address + values.length - 1];
}

function refuseTag(limits: TagLimits, written: Written): Refused | undefined {
  const { tag, raw: bounds } = limits;
  const { address, values } = written;
  const part = refusePart(limits, address, address + values.length - 1);
  if (part) return part;
  const raw = rawValue(tag, values, tag.address - address);
  // NaN compares false with everything: a bound counts as kept only where that is true.
  const inside = raw >= bounds.min && raw <= bounds.max;
  const listed = bounds.values === undefined || bounds.values.includes(raw);
  if (inside && listed && isComparable(tag, raw)) return undefined;
  return refused(limits.rule, outside(limits, raw));
}

function refusePart({ tag, rule }: TagLimits, first: number, last: number): Refused | undefined {
  if (tag.address >= first && lastAddress(tag) <= last) return undefined;
  const whole = `write all of it at once: ${tagPoints(tag)}`;
  return refused(rule, `only a part of ${tag.name} would be written, but it has limits; ${whole}`);
}

function outside({ tag, rule, given }: TagLimits, raw: number): string {
  const said = assignment(tag, raw);
  if (!isComparable(tag, raw)) return `${said} is no number that can be compared with its limits`;
  const value = engineering(tag, raw);
  const { min, max, values } = given;
  const whose = rule === TAG_BOUNDS ? " that holds for everyone" : "";
  if (max !== undefined && value > max) {
    return `${apart(tag, raw, max)} is above the limit of ${limitInWords(tag, max)}${whose}`;
  }
  if (min !== undefined && value < min) {
    return `${apart(tag, raw, min)} is below the limit of ${limitInWords(tag, min)}${whose}`;
  }
  const allowed = (values ?? []).map((each) => limitInWords(tag, each));
  return `${said} is not one of the allowed values: ${listed(allowed)}`;
}

/** The assignment with as many digits as tell the value from the limit. */
function apart(tag: Tag, raw: number, limit: number): string {
  if (valueInWords(tag, raw) !== limitInWords(tag, limit)) return assignment(tag, raw);
  return `${tag.name} = ${engineering(tag, raw)} ${tag.unit}`.trimEnd();
}

/** A sentence lists at most this many values. */
const VALUES_LISTED_MAX = 8;

function listed(words: readonly string[]): string {
  const more = words.length - VALUES_LISTED_MAX;
  const shown = words.slice(0, VALUES_LISTED_MAX).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function stepOfTag(
  limits: TagLimits,
  written: Written,
  current: readonly number[],
): Refused | undefined {
  const { tag, given, raw } = limits;
  const at = tag.address - written.address;
  const [from, to] = [rawValue(tag, current, at), rawValue(tag, written.values, at)];
  if (!isComparable(tag, from)) {
    return refused(limits.rule, `the current value of ${tag.name} is no number to step from`);
  }
  if (!exceedsStep(tag, from, to, raw.step)) return undefined;
  const step = limitInWords(tag, given.stepMax ?? 0);
  const [was, would] = [valueInWords(tag, from), valueInWords(tag, to)];
  return refused(
    limits.rule,
    `${tag.name} may change by ${step} at most; from ${was} to ${would} is more`,
  );
}

function refusePoints(rule: string, limits: RuleLimits, written: Written): Refused | undefined {
  const { min = -Infinity, max = Infinity, values } = limits;
  for (const [n, value] of written.values.entries()) {
    const point = `${pointsInWords(written.table, written.address + n, 1)} = ${value}`;
    if (!(value <= max)) return refused(rule, `${point} is above the limit of ${max}`);
    if (!(value >= min)) return refused(rule, `${point} is below the limit of ${min}`);
    if (values === undefined || values.includes(value)) continue;
    return refused(
      rule,
      `${point} is not one of the allowed values: ${listed(values.map(String))}`,
    );
  }
  return undefined;
}

function stepOfPoints(
  rule: string,
  limits: RuleLimits,
  written: Written,
  current: readonly number[],
): Refused | undefined {
  const { stepMax = Infinity } = limits;
  for (const [n, to] of written.values.entries()) {
    const from = current[n] ?? Number.NaN;
    if (Math.abs(to - from) <= stepMax) continue;
    const point = pointsInWords(written.table, written.address + n, 1);
    return refused(
      rule,
      `${point} may change by ${stepMax} at most; from ${from} to ${to} is more`,
    );
  }
  return undefined;
}

function refused(rule: string, reason: string): Refused {
  return { rule, refusal: "value", reason };
}
