/** Profiles and their rules. What a rule means is in `broker/policy/`; here it is only read. */
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type {
  AddressRange,
  Profile,
  ProtocolMatch,
  Rule,
  RuleLimits,
  RuleMatch,
  TcpMatch,
} from "./model.ts";
import { opcUaMatchOf } from "./parse-opcua-match.ts";
import { sshMatchOf } from "./parse-ssh-match.ts";
import { TABLES, tagName } from "./parse-tag.ts";
import { vncMatchOf } from "./parse-vnc-match.ts";
import { webMatchOf } from "./parse-web-match.ts";
import { itemsOf, type Sourced } from "./parse-zones.ts";
import {
  HOLD_MAX_MS,
  HOLD_MIN_MS,
  INTERVAL_COUNT_MAX,
  INTERVAL_MAX_MS,
  INTERVAL_MIN_MS,
  RULE_LIST_MAX,
  RULES_PER_PROFILE_MAX,
} from "./plant-limits.ts";
import type { References } from "./references.ts";
import { ADDRESS_MAX } from "./register-notation.ts";
import {
  description,
  distinct,
  durationMs,
  flag,
  identifier,
  integer,
  list,
  name,
  number,
  oneOf,
  shown,
} from "./yaml-readings.ts";
import { Mapping, type Reading, type Value } from "./yaml-value.ts";

/** A profile, with the places of its rules. */
export interface SourcedProfile extends Sourced<Profile> {
  readonly rules: readonly Sourced<Rule>[];
}

export function profile(references: References): Reading<SourcedProfile> {
  return (value) => {
    const from = Mapping.read(value, "a profile");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "") references.define("profile", id, from.place("id"));
    const size = { min: 1, max: RULES_PER_PROFILE_MAX };
    const words = from.take("description", description) ?? "";
    const onFailure = from.take("on-recorder-failure", oneOf(["freeze", "stop"])) ?? "freeze";
    const rules = from.need("rules", rulesOf(id, references, size)) ?? [];
    from.finish();
    const item = {
      id,
      description: words,
      onRecorderFailure: onFailure,
      rules: itemsOf(rules),
    };
    return { item, from, rules };
  };
}

function rulesOf(
  profileId: string,
  references: References,
  size: { readonly min: number; readonly max: number },
): Reading<readonly Sourced<Rule>[]> {
  return (value) => {
    const names = new Set<string>();
    let count = 0;
    return list((item) => {
      count += 1;
      const read = rule(`${profileId}#${count}`, profileId, references)(item);
      if (read && names.has(read.item.name)) {
        read.from.place("name").fail(`two rules are called "${read.item.name}"`);
      }
      if (read) names.add(read.item.name);
      return read;
    }, size)(value);
  };
}

function rule(unnamed: string, profileId: string, references: References): Reading<Sourced<Rule>> {
  return (value) => {
    const from = Mapping.read(value, "a rule");
    if (!from) return undefined;
    const given = from.take("name", name);
    const { verdict, classes } = verdictOf(from);
    const item: Rule = {
      name: given === undefined ? unnamed : `${profileId}/${given}`,
      verdict,
      match: { ...present({ classes }), ...matchOf(from, references) },
      limits: limitsOf(from, references),
    };
    for (const key of verdict === "hold" ? [] : (["hold-for", "hold-distance"] as const)) {
      if (from.has(key)) from.place(key).fail(`"${key}" is for rules that hold`);
    }
    from.finish();
    return { item, from };
  };
}

const VERDICTS = ["permit", "deny", "hold"] as const;

function verdictOf(from: Mapping): {
  readonly verdict: Rule["verdict"];
  readonly classes: readonly OperationClass[] | undefined;
} {
  const given = VERDICTS.filter((verdict) => from.has(verdict));
  const [verdict, second] = given;
  if (verdict === undefined) from.at.fail('say what the rule does: "permit", "deny" or "hold"');
  if (second !== undefined) {
    from.place(second).fail(`"${verdict}" and "${second}" in one rule; write two rules`);
  }
  const classes = VERDICTS.map((each) => from.take(each, classesOf));
  return { verdict: verdict ?? "deny", classes: classes.find((each) => each !== undefined) };
}

const operationClass = oneOf([...OPERATION_CLASSES, "all"]);

/** One class or a list of them; `all` is every class. */
const classesOf: Reading<readonly OperationClass[]> = (value) => {
  const size = { min: 1, max: OPERATION_CLASSES.length };
  const read = value.items ? distinct(operationClass, size)(value) : single(value);
  if (read?.includes("all")) return read.length === 1 ? OPERATION_CLASSES : allAndMore(value);
  return read?.filter((each) => each !== "all");
};

function single(value: Value): readonly (OperationClass | "all")[] | undefined {
  const read = operationClass(value);
  return read === undefined ? undefined : [read];
}

function allAndMore(value: Value): undefined {
  return value.fail('"all" stands alone; remove the other classes');
}

function matchOf(from: Mapping, references: References): RuleMatch {
  const listSize = { min: 1, max: RULE_LIST_MAX };
  const match = present({
    functions: from.take("functions", distinct(integer(1, 127), listSize)),
    subFunctions: from.take("sub-functions", distinct(integer(0, ADDRESS_MAX), listSize)),
    units: from.take("units", distinct(integer(0, 255), listSize)),
    table: from.take("table", oneOf(TABLES)),
    addresses: from.take("addresses", list(addressRange, listSize)),
    tags: from.take("tags", distinct(tagOf(references), listSize)),
    own: ownMatchOf(from, references),
  });
  if (match.addresses && !match.table) {
    from.place("addresses").fail('say in which "table" these addresses are');
  }
  if (match.tags && (match.table || match.addresses)) {
    const key = match.table ? "table" : "addresses";
    from.place(key).fail(`tags say where they are; remove "${key}"`);
  }
  if (match.subFunctions && !match.functions) {
    from.place("sub-functions").fail('say of which "functions" these are sub-functions');
  }
  return match;
}

/** Keys of two protocols in one rule would match nothing. */
function ownMatchOf(from: Mapping, references: References): ProtocolMatch | undefined {
  const found = [
    sshMatchOf(from),
    vncMatchOf(from, references),
    webMatchOf(from),
    opcUaMatchOf(from),
    tcpMatchOf(from),
  ].filter((match) => match !== undefined);
  if (found.length > 1) {
    from.at.fail(`keys of ${found.map(({ protocol }) => protocol).join(" and ")} in one rule`);
  }
  return found[0];
}

/** Bytes that are not decoded pass only where a rule names them. */
function tcpMatchOf(from: Mapping): TcpMatch | undefined {
  return from.take("raw", flag) ? { protocol: "tcp" } : undefined;
}

function tagOf(references: References): Reading<string> {
  return (value) => {
    const read = tagName(value);
    if (read !== undefined) references.use("tag", read, value);
    return read;
  };
}

/** `130` or `100-120`, protocol addresses, both ends included. */
const addressRange: Reading<AddressRange> = (value) => {
  const match = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(value.source ?? "");
  if (!match) {
    return value.fail(`${shown(value)} is not an address; write 130 or "100-120" (from 0)`);
  }
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (last > ADDRESS_MAX) return value.fail(`addresses end at ${ADDRESS_MAX}`);
  if (first > last) return value.fail(`${first} is above ${last}; write ${last}-${first}`);
  return { first, last };
};

function limitsOf(from: Mapping, references: References): RuleLimits {
  const interval = durationMs(INTERVAL_MIN_MS, INTERVAL_MAX_MS);
  const values = list(number(), { min: 1, max: RULE_LIST_MAX });
  const limits = present({
    min: from.take("min", number()),
    max: from.take("max", number()),
    values: from.take("values", values),
    stepMax: from.take("step", positive),
    intervalMs: from.take("every", interval),
    intervalCount: from.take("times", integer(1, INTERVAL_COUNT_MAX)),
    holdMs: from.take("hold-for", durationMs(HOLD_MIN_MS, HOLD_MAX_MS)),
    holdDistance: from.take("hold-distance", positive),
    while: from.take("while", condition(references)),
  });
  if (limits.min !== undefined && limits.max !== undefined && limits.min > limits.max) {
    from.place("min").fail(`min ${limits.min} is above max ${limits.max}; exchange them`);
  }
  if (limits.intervalCount !== undefined && limits.intervalMs === undefined) {
    from.place("times").fail('"times" counts writes per "every"; add it, like "every: 1m"');
  }
  return limits;
}

const positive: Reading<number> = (value) => {
  const read = number()(value);
  return read === undefined || read > 0 ? read : value.fail("write a number above 0");
};

function condition(references: References): Reading<{ readonly tag: string; readonly is: number }> {
  return (value) => {
    const from = Mapping.read(value, "while");
    if (!from) return undefined;
    const tag = from.need("tag", tagOf(references));
    const is = from.need("is", rawValue);
    from.finish();
    return tag === undefined || is === undefined ? undefined : { tag, is };
  };
}

const rawValue: Reading<number> = (value) =>
  typeof value.scalar === "boolean"
    ? value.fail(`write the raw value: ${value.scalar ? 1 : 0}`)
    : integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)(value);

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that have no value. */
function present<T extends object>(record: T): Present<T> {
  const given = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Present<T>;
}
