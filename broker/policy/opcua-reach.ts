/** What a profile lets be written to the named nodes of an OPC UA endpoint, for what a workbench offers. */
import type { Capabilities } from "../../protocols/guard.ts";
import { ATTRIBUTE_VALUE, type WriteOperation } from "../../protocols/opcua/operation.ts";
import type { OpcUaEndpoint, Profile, Rule } from "../plant/model.ts";
import type { NodeTag } from "../plant/opcua-model.ts";
import { OpcUaMatcher } from "./opcua-matcher.ts";
import type { WriteReach } from "./profile-reach.ts";

/**
 * The tags that the profile permits to write or holds, by name, with the limits of the rule that
 * does and the tag's own worked in. The rights of the moment are not looked at.
 */
export function writableNodes(
  profile: Profile,
  endpoint: OpcUaEndpoint,
): ReadonlyMap<string, WriteReach> {
  const matcher = new OpcUaMatcher({ profile, endpoint, subject: "", ledger: ALWAYS });
  const reach = new Map<string, WriteReach>();
  for (const tag of endpoint.nodes) {
    // Within the tag's own bounds: then whatever is said comes from the rule that decides.
    const { rule: named } = matcher.judge(writeOf(tag), ALL, 0);
    const rule = profile.rules.find(({ name }) => name === named);
    if (rule && rule.verdict !== "deny") reach.set(tag.name, reachOf(tag, rule));
  }
  return reach;
}

function writeOf({ node, min, max }: NodeTag): WriteOperation {
  const value = min ?? max ?? 0;
  return {
    ...{ action: "opcua:write", class: "operate", node, attribute: ATTRIBUTE_VALUE },
    ...{ type: "Double", value, text: String(value) },
  };
}

function reachOf(tag: NodeTag, { name, limits, verdict }: Rule): WriteReach {
  const { values, stepMax, intervalMs, intervalCount } = limits;
  const min = Math.max(limits.min ?? -Infinity, tag.min ?? -Infinity);
  const max = Math.min(limits.max ?? Infinity, tag.max ?? Infinity);
  return {
    rule: name,
    ...(verdict === "hold" && { held: true }),
    ...(Number.isFinite(min) && { min }),
    ...(Number.isFinite(max) && { max }),
    ...(values !== undefined && { values }),
    ...(stepMax !== undefined && { stepMax }),
    ...(intervalMs !== undefined && { intervalMs, intervalCount: intervalCount ?? 1 }),
    ...(limits.while !== undefined && { while: limits.while }),
  };
}

const ALWAYS = { take: () => true };
const ALL: Capabilities = new Set(["observe", "operate", "configure", "program", "transfer"]);
