/** What a profile could ever let through, for views and for the classes a session asks for. */
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type { WriteOperation } from "../../protocols/modbus/operation.ts";
import { registerCount } from "../../protocols/modbus/values.ts";
import type { ModbusEndpoint, Profile, Rule, Tag } from "../plant/model.ts";
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

function isWholeClass({ match }: Rule): boolean {
  return Object.keys(match).every((key) => key === "classes");
}

/** Names of the tags that the profile permits to write, whatever its limits say about values. */
export function writableTags(profile: Profile, endpoint: ModbusEndpoint): ReadonlySet<string> {
  const index = new RuleIndex(profile, endpoint);
  const writable = endpoint.tags.filter((tag) =>
    writesOf(tag).some((write) => {
      const found = index.find(write);
      return found !== undefined && "rule" in found && found.rule.verdict === "permit";
    }),
  );
  return new Set(writable.map((tag) => tag.name));
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
