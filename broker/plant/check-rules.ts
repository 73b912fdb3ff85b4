/** What a rule says must be able to happen: a limit that cannot bite is a mistake, not a rule. */
import type { OperationClass } from "../../protocols/guard.ts";
import type { Table } from "../../protocols/modbus/operation.ts";
import type { Rule } from "./model.ts";
import type { NodeTag } from "./opcua-model.ts";
import type { SourcedProfile } from "./parse-profile.ts";
import { isWritable } from "./parse-tag.ts";
import type { Sourced } from "./parse-zones.ts";
import { unreachableRules } from "./unreachable-rules.ts";

/** What rules of any protocol may name by its tag: registers, or a node of OPC UA. */
export type NamedTag = Pick<NodeTag, "name" | "unit" | "min" | "max" | "states"> & {
  /** Of registers alone. */
  readonly table?: Table;
};

export interface PlacedTag {
  readonly tag: NamedTag;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
}

export type TagDirectory = ReadonlyMap<string, PlacedTag>;

export function checkProfile(profile: SourcedProfile, tags: TagDirectory): void {
  for (const rule of profile.rules) {
    checkKind(rule);
    checkLimits(rule);
    checkReadOnly(rule, tags);
    checkCondition(rule, tags);
    checkBounds(rule, tags);
  }
  warnUnreachable(profile);
  warnBypass(profile);
}

/** Which classes the operations of a function code have; all others are `program`. */
const OBSERVE = [1, 2, 3, 4, 7, 11, 12, 17, 20, 23, 24, 43];
const OPERATE = [5, 6, 15, 16, 22, 23];

function classesOfFunction(code: number): readonly OperationClass[] {
  const classes: OperationClass[] = [];
  if (OBSERVE.includes(code)) classes.push("observe");
  if (OPERATE.includes(code)) classes.push("operate");
  if (classes.length === 0 || code === 43) classes.push("program");
  return classes;
}

function checkKind({ item, from }: Sourced<Rule>): void {
  const { classes = [], functions = [], subFunctions } = item.match;
  for (const code of functions) {
    const possible = classesOfFunction(code);
    if (classes.length === 0 || possible.some((each) => classes.includes(each))) continue;
    const written = `write "${item.verdict}: ${possible[0]}"`;
    from.place("functions").fail(`function ${code} is ${possible.join(" or ")}; ${written}`);
  }
  if (subFunctions && functions.length > 0 && functions.every((code) => knownWithoutSub(code))) {
    from.place("sub-functions").fail("none of these functions has sub-functions (8, 43, 90 have)");
  }
}

function knownWithoutSub(code: number): boolean {
  return code !== 43 && code !== 8 && (OBSERVE.includes(code) || OPERATE.includes(code));
}

const VALUE_KEYS = ["min", "max", "values", "step"] as const;
const OTHER_KEYS = ["every", "times", "while"] as const;

function checkLimits({ item, from }: Sourced<Rule>): void {
  const { classes = [] } = item.match;
  const given = [...VALUE_KEYS, ...OTHER_KEYS].filter((key) => from.has(key));
  if (item.verdict === "deny") {
    for (const key of given) {
      from.place(key).fail(`a deny rule has no "${key}"; limits belong to a permit`);
    }
    return;
  }
  const onlyWrites = classes.includes("operate") && classes.every(isObserveOrOperate);
  for (const key of given) {
    const isValue = (VALUE_KEYS as readonly string[]).includes(key);
    if (isValue && !onlyWrites) {
      from
        .place(key)
        .fail(`"${key}" limits values that are written; write "${item.verdict}: operate"`);
    } else if (classes.length > 0 && classes.every((each) => each === "observe")) {
      from.place(key).fail(`"${key}" limits what changes the plant; this rule only observes`);
    }
  }
}

function isObserveOrOperate(each: OperationClass): boolean {
  return each === "observe" || each === "operate";
}

function hasValueLimits({ limits }: Rule): boolean {
  const { min, max, values, stepMax } = limits;
  return [min, max, values, stepMax].some((limit) => limit !== undefined);
}

/** Rules that write what no one can write. */
function checkReadOnly({ item, from }: Sourced<Rule>, tags: TagDirectory): void {
  if (item.verdict === "deny") return;
  const { classes = [], table, tags: named = [] } = item.match;
  const writesOnly = hasValueLimits(item) || classes.every((each) => each === "operate");
  if (classes.length === 0 || !writesOnly) return;
  if (table !== undefined && !isWritable(table)) {
    from.place("table").fail(`nobody can write ${table}; use coils or holding-registers`);
  }
  for (const name of named) {
    const found = tags.get(name);
    if (!found?.tag.table || isWritable(found.tag.table)) continue;
    from.place("tags").fail(`"${name}" cannot be written: it is in ${found.tag.table}`);
  }
}

/** The tag of `while` is read on the connection that the write goes to. */
function checkCondition({ item, from }: Sourced<Rule>, tags: TagDirectory): void {
  const condition = item.limits.while;
  const found = condition === undefined ? undefined : tags.get(condition.tag);
  if (condition === undefined || !found) return;
  for (const name of item.match.tags ?? []) {
    const other = tags.get(name);
    if (!other || other.endpoint === found.endpoint) continue;
    from
      .place("while")
      .fail(
        `"${condition.tag}" is on ${found.endpoint}, but "${name}" is on ${other.endpoint}; both must be on one endpoint`,
      );
  }
  const { states } = found.tag;
  if (states.length > 0 && !states.some(({ value }) => value === condition.is)) {
    const known = states.map(({ value, word }) => `${value} (${word})`).join(", ");
    from.place("while").warn(`"${condition.tag}" has no state ${condition.is}; it has ${known}`);
  }
}

/** Bounds that the tag's own make useless, and bounds over different units. */
function checkBounds({ item, from }: Sourced<Rule>, tags: TagDirectory): void {
  if (!hasValueLimits(item)) return;
  const named = (item.match.tags ?? []).flatMap((name) => tags.get(name)?.tag ?? []);
  for (const tag of named) {
    const { min, max } = item.limits;
    const low = min !== undefined && tag.max !== undefined && min > tag.max;
    const high = max !== undefined && tag.min !== undefined && max < tag.min;
    if (!low && !high) continue;
    const own = `${tag.min ?? "any"} to ${tag.max ?? "any"} ${tag.unit}`.trim();
    from.place(low ? "min" : "max").fail(`no value is left: "${tag.name}" itself allows ${own}`);
  }
  const units = new Set(named.map((tag) => tag.unit));
  if (units.size > 1) {
    const list = [...units].map((unit) => unit || "none").join(", ");
    from.place("tags").warn(`one limit for tags with different units (${list}); is that meant?`);
  }
}

function warnUnreachable(profile: SourcedProfile): void {
  const sources = new Map(profile.rules.map((rule) => [rule.item, rule.from]));
  for (const { rule, because } of unreachableRules(profile.item.rules)) {
    const from = sources.get(rule);
    from?.at.warn(`this rule never decides: "${because.name}" before it takes all it matches`);
  }
}

/**
 * A write over several points is not matched by a rule that holds only some of them. A later rule
 * without limits then decides alone, so a limited rule before it can be walked around.
 */
function warnBypass(profile: SourcedProfile): void {
  const rules = profile.rules.map(({ item }) => item);
  for (const [n, { item, from }] of profile.rules.entries()) {
    if (item.verdict !== "permit" || !isNarrow(item) || Object.keys(item.limits).length === 0)
      continue;
    const wider = rules.slice(n + 1).find((later) => isWider(later, item));
    if (wider === undefined) continue;
    from.at.warn(
      `a write of these points together with others is decided by "${wider.name}" without this rule's limits; put the bounds on the tag, or name the tags there`,
    );
  }
}

function isNarrow({ match }: Rule): boolean {
  return match.tags !== undefined || match.addresses !== undefined;
}

function isWider(later: Rule, limited: Rule): boolean {
  const { classes, table, tags, addresses } = later.match;
  if (later.verdict !== "permit" || tags !== undefined) return false;
  // Elsewhere than in Modbus each item of a request is decided by itself.
  if (later.match.own !== undefined || limited.match.own !== undefined) return false;
  if (classes !== undefined && !classes.includes("operate")) return false;
  if (addresses !== undefined && limited.match.addresses === undefined) return false;
  return table === undefined || limited.match.table === undefined || table === limited.match.table;
}
