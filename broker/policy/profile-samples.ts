/** Small pieces of plants, profiles and operations that the tests of this folder share. */
import type { Operation, OperationClass } from "../../protocols/guard.ts";
import type {
  MaskOperation,
  ReadOperation,
  Table,
  WriteOperation,
} from "../../protocols/modbus/operation.ts";
import type { ModbusEndpoint, Profile, Rule, Tag } from "../plant/model.ts";
import { compileProfile } from "./compile-profile.ts";
import type { Decision, Matcher, NeedsValues } from "./decision.ts";
import { BoundedRateLedger } from "./rate-ledger.ts";

export const ALL: ReadonlySet<OperationClass> = new Set([
  "observe",
  "operate",
  "configure",
  "program",
  "transfer",
]);

export function tag(name: string, address: number, given: Partial<Tag> = {}): Tag {
  return {
    name,
    description: "",
    unitId: 1,
    table: "holding-registers",
    address,
    type: "uint16",
    wordOrder: "big",
    scale: 1,
    offset: 0,
    unit: "",
    states: [],
    ...given,
  };
}

export const SPEED = tag("P1.Speed", 11, { scale: 0.1, unit: "Hz", min: 0, max: 50 });
export const MODE = tag("P1.Mode", 12);
export const DOSE = tag("D1.Dose", 20, { type: "float32", unit: "mg/l", min: 0, max: 1.2 });
export const COUNT = tag("C1.Count", 40, { type: "int32", wordOrder: "little", max: 1000 });
export const RUN = tag("P1.Run", 3, { table: "coils", type: "bool" });
export const REMOTE = tag("P1.Remote", 5, {
  table: "coils",
  type: "bool",
  states: [
    { value: 0, word: "local" },
    { value: 1, word: "remote" },
  ],
});
/** Two registers, a float, a 32-bit counter and two coils of one device. */
export const TAGS = [SPEED, MODE, DOSE, COUNT, RUN, REMOTE];

export function endpoint(tags: readonly Tag[], units: readonly number[] = [1]): ModbusEndpoint {
  return {
    id: "modbus",
    protocol: "modbus",
    host: "10.0.0.5",
    port: 502,
    allowLocal: false,
    units,
    connection: "shared",
    limits: {
      connectionsMax: 1,
      requestsPerSecond: 1,
      inFlightMax: 1,
      queueMax: 1,
      connectTimeoutMs: 1,
      responseTimeoutMs: 1,
    },
    tags,
  };
}

/** A rule without its name, as tests write it: a permit unless it says otherwise. */
export interface RuleSketch {
  readonly verdict?: Rule["verdict"];
  readonly match: Rule["match"];
  readonly limits?: Rule["limits"];
}

/** Rules are named `p#1`, `p#2`, … */
export function profile(...rules: readonly RuleSketch[]): Profile {
  return {
    id: "p",
    description: "",
    onRecorderFailure: "freeze",
    rules: rules.map(({ verdict = "permit", match, limits = {} }, n) => ({
      name: `p#${n + 1}`,
      verdict,
      match,
      limits,
    })),
  };
}

export function matcher(
  rules: readonly RuleSketch[],
  tags: readonly Tag[] = [],
  units: readonly number[] = [1],
): Matcher {
  return compileProfile({
    profile: profile(...rules),
    endpoint: endpoint(tags, units),
    subject: "anna",
    ledger: new BoundedRateLedger(),
  });
}

export function read(
  address: number,
  count = 1,
  table: Table = "holding-registers",
  unit = 1,
): ReadOperation {
  const code = { coils: 1, "discrete-inputs": 2, "holding-registers": 3, "input-registers": 4 };
  const functionCode = code[table];
  return {
    action: "modbus:read",
    class: "observe",
    unit,
    function: functionCode,
    table,
    address,
    count,
  };
}

export function write(
  address: number,
  values: readonly number[],
  table: "coils" | "holding-registers" = "holding-registers",
  unit = 1,
): WriteOperation {
  const one = values.length === 1;
  const code = table === "coils" ? (one ? 5 : 15) : one ? 6 : 16;
  return { action: "modbus:write", class: "operate", unit, function: code, table, address, values };
}

export function mask(address: number, and: number, or: number): MaskOperation {
  return {
    action: "modbus:mask",
    class: "operate",
    unit: 1,
    function: 22,
    table: "holding-registers",
    address,
    and,
    or,
  };
}

/** A decision in one line, as transcripts show it: `deny p#2 value: …`. */
export function inWords(decision: Decision | NeedsValues): string {
  switch (decision.kind) {
    case "permit":
      return `permit ${decision.rule}`;
    case "deny":
      return `deny ${decision.rule} ${decision.refusal}: ${decision.reason}`;
    case "hold":
      return `hold ${decision.rule}: ${decision.reason}`;
    case "needs-values": {
      const ranges = decision.ranges.map((range) => {
        if ("node" in range) return range.node;
        const { unit, table, address, count } = range;
        return `${unit}/${table}/${address}+${count}`;
      });
      return `needs ${ranges.join(" ")}`;
    }
  }
}

export const OBSERVE: RuleSketch = { match: { classes: ["observe"] } };
export const OPERATE: RuleSketch = { match: { classes: ["operate"] } };

export function operate(match: RuleSketch["match"], limits: RuleSketch["limits"] = {}): RuleSketch {
  return { match: { classes: ["operate"], ...match }, limits };
}

/** The answer in one line, on a device with `TAGS`. */
export function judged(
  rules: readonly RuleSketch[],
  operation: Operation,
  held: ReadonlySet<OperationClass> = ALL,
): string {
  return inWords(matcher(rules, TAGS).judge(operation, held, 0));
}

/** The decision, where it asks for current values. */
export function needed(rules: readonly RuleSketch[], operation: Operation): NeedsValues {
  const decision = matcher(rules, TAGS).judge(operation, ALL, 0);
  if (decision.kind !== "needs-values") throw new Error(inWords(decision));
  return decision;
}
