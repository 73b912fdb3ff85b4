/** Inputs and small policy sets for the tests of this folder. */
import {
  type AccessInput,
  type ContextChange,
  contextWith,
  type ResourceInput,
} from "./access-input.ts";
import { type PolicySet, parsePolicySet } from "./policy-set.ts";

export const PLC: ResourceInput = {
  kind: "asset",
  id: "plc",
  zones: [
    { id: "treatment", level: 1, securityLevelTarget: 3 },
    { id: "operations", level: 3.5, securityLevelTarget: 2 },
  ],
  site: "nord",
};
export const SITE: ResourceInput = { kind: "site", id: "nord" };

export function inputOf(
  roles: readonly string[],
  change: ContextChange = {},
  resource: ResourceInput = PLC,
  id = "ada",
): AccessInput {
  const context = contextWith(change);
  return { subject: { id, roles, employer: "Nord" }, resource, context };
}

/** Each text becomes a policy with a name and a reason, `p0`, `p1` and so on. */
export function setOf(...policies: readonly string[]): PolicySet {
  const text = policies.map((policy, n) => `@id("p${n}") @reason("Rule ${n}.")\n${policy}\n`);
  const parsed = parsePolicySet([{ name: "test.cedar", text: text.join("") }], "digest");
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return parsed.set;
}
