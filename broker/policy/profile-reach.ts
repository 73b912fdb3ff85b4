/** What a profile could ever let through, for views and for the classes a session asks for. */
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type { WriteOperation } from "../../protocols/modbus/operation.ts";
import { registerCount } from "../../protocols/modbus/values.ts";
import type { ModbusEndpoint, Profile, Rule, RuleLimits, RuleMatch, Tag } from "../plant/model.ts";
import { RuleIndex } from "./rule-index.ts";

/**
 * Classes that some rule permits or holds, unless an earlier rule denies the class altogether.
 * Weakest first.
 */
export function classesOf(profile: Profile): readonly OperationClass[] {
  const open = new Set<OperationClass>();
  const closed = new Set<OperationClass>();
  for (const rule of profile.rules) {
    for (const each of rule.match.classes ?? OPERATION_CLASSES) {
      if (rule.verdict !== "deny" && !closed.has(each)) open.add(each);
      if (rule.verdict === "deny" && isWholeClass(rule)) closed.add(each);
    }
  }
  return OPERATION_CLASSES.filter((each) => open.has(each));
}

/**
 * Whether some rule of the profile could permit or hold anything of a protocol. Rules that name no
 * protocol count for each; registers and functions are Modbus, and so are tags, or OPC UA.
 */
export function speaksOf({ rules }: Profile, protocol: string): boolean {
  return rules.some(({ verdict, match }) => verdict !== "deny" && isAbout(match, protocol));
}

function isAbout(match: RuleMatch, protocol: string): boolean {
  if (match.own !== undefined) return match.own.protocol === protocol;
  const { functions, subFunctions, units, table, addresses, tags } = match;
  const registers = functions ?? subFunctions ?? units ?? table ?? addresses;
  if (registers !== undefined) return protocol === "modbus";
  return tags === undefined || protocol === "modbus" || protocol === "opcua";
}

function isWholeClass({ match }: Rule): boolean {
  return Object.keys(match).every((key) => key === "classes");
}

/** What the profile lets be written to one tag; every value is an engineering value. */
export interface WriteReach {
  readonly rule: string;
  /** A second person must agree to each write. */
  readonly held?: true;
  readonly min?: number;
  readonly max?: number;
  /** Only these values. */
  readonly values?: readonly number[];
  readonly stepMax?: number;
  readonly intervalMs?: number;
  readonly intervalCount?: number;
  /** Only while this tag has this raw value. */
  readonly while?: { readonly tag: string; readonly is: number };
}

/**
 * The tags that the profile permits to write or holds, by name, with the limits of the rule that does.
 * The tag's own bounds, which hold for everyone, are worked in.
 */
export function writableTags(
  profile: Profile,
  endpoint: ModbusEndpoint,
): ReadonlyMap<string, WriteReach> {
  const index = new RuleIndex(profile, endpoint);
  const reach = new Map<string, WriteReach>();
  for (const tag of endpoint.tags) {
    const rule = writesOf(tag)
      .map((write) => index.find(write))
      .flatMap((found) => (found !== undefined && "rule" in found ? [found.rule] : []))
      .find(({ verdict }) => verdict !== "deny");
    if (rule) reach.set(tag.name, reachOf(tag, rule));
  }
  return reach;
}

function reachOf(tag: Tag, { name, match, limits, verdict }: Rule): WriteReach {
  const { intervalMs, intervalCount } = limits;
  const own = match.tags === undefined ? fromRaw(tag, limits) : limits;
  const min = Math.max(own.min ?? Number.NEGATIVE_INFINITY, tag.min ?? Number.NEGATIVE_INFINITY);
  const max = Math.min(own.max ?? Number.POSITIVE_INFINITY, tag.max ?? Number.POSITIVE_INFINITY);
  return {
    rule: name,
    ...(verdict === "hold" && { held: true }),
    ...(Number.isFinite(min) && { min }),
    ...(Number.isFinite(max) && { max }),
    ...(own.values !== undefined && { values: own.values }),
    ...(own.stepMax !== undefined && { stepMax: own.stepMax }),
    ...(intervalMs !== undefined && { intervalMs, intervalCount: intervalCount ?? 1 }),
    ...(limits.while !== undefined && { while: limits.while }),
  };
}

type ValueLimits = Pick<RuleLimits, "min" | "max" | "values" | "stepMax">;

/** Limits of a rule that names no tags count for raw registers: said of whole values only. */
function fromRaw(tag: Tag, { min, max, values, stepMax }: RuleLimits): ValueLimits {
  if (tag.type !== "uint16" && tag.type !== "bool") return {};
  const value = (raw: number) => raw * tag.scale + tag.offset;
  const [low, high] = tag.scale < 0 ? [max, min] : [min, max];
  return {
    ...(low !== undefined && { min: value(low) }),
    ...(high !== undefined && { max: value(high) }),
    ...(values !== undefined && { values: values.map(value) }),
    ...(stepMax !== undefined && { stepMax: Math.abs(stepMax * tag.scale) }),
  };
}

/** Every way to write the whole tag at once: single (5, 6) and multiple (15, 16). */
function writesOf(tag: Tag): readonly WriteOperation[] {
  const { table, address, unitId: unit } = tag;
  if (table !== "coils" && table !== "holding-registers") return [];
  const count = registerCount(tag.type);
  const many = table === "coils" ? 15 : 16;
  const functions = count > 1 ? [many] : [table === "coils" ? 5 : 6, many];
  const values = new Array<number>(count).fill(0);
  return functions.map((code) => ({
    action: "modbus:write",
    class: "operate",
    unit,
    function: code,
    table,
    address,
    values,
  }));
}
