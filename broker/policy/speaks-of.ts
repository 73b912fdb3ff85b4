/** Which protocols a rule is about: its keys say so. A rule with none of them is about all. */
import type { Protocol, Rule } from "../plant/model.ts";

export function speaksOf({ match }: Rule, protocol: Protocol): boolean {
  if (match.own !== undefined) return match.own.protocol === protocol;
  const { functions, subFunctions, units, table, addresses, tags } = match;
  const ofModbus = functions ?? subFunctions ?? units ?? table ?? addresses;
  if (ofModbus !== undefined) return protocol === "modbus";
  return tags === undefined || protocol === "modbus" || protocol === "opcua";
}
