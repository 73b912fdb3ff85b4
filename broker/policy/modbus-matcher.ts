/**
 * A profile compiled for one Modbus endpoint and one subject: answers every operation by lookup.
 *
 * In this order: the session's capabilities, the endpoint's units, the first rule that covers the
 * operation (`rule-index.ts`), the rule's limits, the bounds of the tags, and last the rate, which
 * is counted only when nothing else refuses. What needs current values says which and is settled
 * when they are known. Whatever is not understood is denied.
 */
import type { Capabilities, Operation, RefusalKind } from "../../protocols/guard.ts";
import { isModbusOperation, type ModbusOperation } from "../../protocols/modbus/operation.ts";
import type { ModbusEndpoint, Profile, Tag } from "../plant/model.ts";
import type { Decision, Matcher, NeedsValues, RateLedger } from "./decision.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";
import { deed } from "./point-words.ts";
import { areaOf, firstOf, isWrite, lastOf, TagIndex, tableOf } from "./points.ts";
import { type IndexedRule, type PartlyHeld, RuleIndex } from "./rule-index.ts";
import { RuleLimiter } from "./rule-limiter.ts";
import { boundsOfTags } from "./value-limits.ts";

/** Stands for a rule where the endpoint itself decided. */
export const ENDPOINT_UNITS = "endpoint-units";

interface ModbusInput {
  readonly profile: Profile;
  readonly endpoint: ModbusEndpoint;
  readonly subject: string;
  readonly ledger: RateLedger;
}

export function compileModbus(input: ModbusInput): Matcher {
  return new ModbusMatcher(input);
}

/** What is the same for all subjects. */
interface Compiled {
  readonly units: ReadonlySet<number>;
  readonly index: RuleIndex;
  readonly tags: TagIndex<{ readonly tag: Tag }>;
  readonly bounds: ReturnType<typeof boundsOfTags>;
}

/** Compiled once for a profile on an endpoint, for as long as anybody has both. */
const compiled = new WeakMap<ModbusEndpoint, WeakMap<Profile, Compiled>>();

function compiledFor(profile: Profile, endpoint: ModbusEndpoint): Compiled {
  const ofEndpoint = compiled.get(endpoint) ?? new WeakMap<Profile, Compiled>();
  compiled.set(endpoint, ofEndpoint);
  const known = ofEndpoint.get(profile);
  if (known) return known;
  const fresh: Compiled = {
    units: new Set(endpoint.units),
    index: new RuleIndex(profile, endpoint),
    tags: new TagIndex(endpoint.tags.map((tag) => ({ tag }))),
    bounds: boundsOfTags(endpoint.tags),
  };
  ofEndpoint.set(profile, fresh);
  return fresh;
}

class ModbusMatcher implements Matcher {
  private readonly profile: Profile;
  private readonly endpoint: ModbusEndpoint;
  private readonly units: ReadonlySet<number>;
  private readonly index: RuleIndex;
  private readonly limiters = new Map<IndexedRule, RuleLimiter>();
  private readonly limiterOf: (found: IndexedRule) => RuleLimiter;
  private readonly tags: TagIndex<{ readonly tag: Tag }>;

  constructor({ profile, endpoint, subject, ledger }: ModbusInput) {
    this.profile = profile;
    this.endpoint = endpoint;
    const { units, index, tags, bounds } = compiledFor(profile, endpoint);
    this.units = units;
    this.index = index;
    this.tags = tags;
    this.limiterOf = (found) => {
      const known = this.limiters.get(found);
      if (known) return known;
      const limiter = new RuleLimiter({ found, endpoint, subject, ledger, bounds });
      this.limiters.set(found, limiter);
      return limiter;
    };
  }

  judge(operation: Operation, capabilities: Capabilities, nowMs: number): Decision | NeedsValues {
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    if (!isModbusOperation(operation)) {
      return deny(DEFAULT_DENY, "operation", `${operation.action} is not a Modbus operation`);
    }
    if (!this.units.has(operation.unit)) return this.foreignUnit(operation.unit);
    const found = this.index.find(operation);
    if (found === undefined) return this.unmatched(operation);
    if ("partly" in found) return this.partlyHeld(found, operation);
    if (found.rule.verdict === "deny") return this.denied(found, operation);
    if (operation.class === "observe") return verdictOf(found, operation, this);
    const limiter = this.limiterOf(found);
    return isWrite(operation)
      ? limiter.judgeWrite(operation, nowMs, () => verdictOf(found, operation, this))
      : limiter.judgeDeed(operation, nowMs, () => verdictOf(found, operation, this));
  }

  /** The tags that the operation touches, for sentences. */
  tagsOf(operation: ModbusOperation): readonly Tag[] {
    const table = tableOf(operation);
    if (table === undefined) return [];
    const area = areaOf(operation.unit, table);
    const touched = this.tags.touching(area, firstOf(operation), lastOf(operation));
    return touched.map(({ tag }) => tag);
  }

  private foreignUnit(unit: number): Decision {
    const own = this.endpoint.units;
    const known = `${own.length === 1 ? "unit" : "units"} ${own.join(", ")}`;
    return deny(
      ENDPOINT_UNITS,
      "unit",
      `unit ${unit} is not part of this endpoint, which has ${known}`,
    );
  }

  private unmatched(operation: ModbusOperation): Decision {
    const what = deed(operation, this.tagsOf(operation));
    const unknown = operation.action === "modbus:other" ? "; a rule must name the function" : "";
    const reason = `no rule of the profile "${this.profile.id}" permits ${what}${unknown}`;
    return deny(DEFAULT_DENY, refusalOf(operation), reason);
  }

  private denied({ rule }: IndexedRule, operation: ModbusOperation): Decision {
    const what = deed(operation, this.tagsOf(operation));
    return deny(rule.name, refusalOf(operation), `this rule denies ${what}`);
  }

  private partlyHeld({ partly }: PartlyHeld, operation: ModbusOperation): Decision {
    const what = deed(operation, this.tagsOf(operation));
    const reason = `a part of this needs a person to agree; do that part alone: ${what}`;
    return deny(partly.rule.name, "address", reason);
  }
}

function verdictOf(found: IndexedRule, operation: ModbusOperation, of: ModbusMatcher): Decision {
  if (found.rule.verdict === "permit") return found.permit;
  const reason = `a person must agree to ${deed(operation, of.tagsOf(operation))}`;
  return { kind: "hold", rule: found.rule.name, reason };
}

/** What has an address is refused for it; the rest is no operation here at all. */
function refusalOf(operation: ModbusOperation): RefusalKind {
  return tableOf(operation) === undefined ? "operation" : "address";
}
