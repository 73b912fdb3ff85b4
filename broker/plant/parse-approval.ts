/** Who must agree before somebody gets a time in a zone. */
import type { ApprovalRule } from "./approval-model.ts";
import { type Sourced, zoneOf } from "./parse-zones.ts";
import { APPROVERS_PER_RULE_MAX, NAME_LENGTH_MAX } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { distinct, integer, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

/** Outsiders do not let people in, and auditors touch nothing. */
const APPROVING_ROLES: readonly string[] = ["supervisor", "administrator", "engineer"];

export function approval(references: References): Reading<Sourced<ApprovalRule>> {
  return (value) => {
    const from = Mapping.read(value, "an approval");
    if (!from) return undefined;
    const item = {
      zone: from.need("zone", zoneOf(references)) ?? "",
      by: from.need("by", distinct(approver, { min: 1, max: APPROVERS_PER_RULE_MAX })) ?? [],
      needed: from.take("needed", integer(1, 2)) ?? 1,
    };
    const people = item.by.filter((each) => !each.startsWith("role:"));
    if (item.by.length > 0 && people.length === item.by.length && people.length < item.needed) {
      from.place("by").fail(`${item.needed} people must agree, but ${people.length} is named`);
    }
    from.finish();
    return { item, from };
  };
}

const approver: Reading<string> = (value) => {
  const read = text(NAME_LENGTH_MAX)(value);
  if (read === undefined) return undefined;
  const role = /^role:(.*)$/.exec(read)?.[1];
  const write = APPROVING_ROLES.map((each) => `role:${each}`).join(", ");
  if (role === undefined) {
    if (/^[^\s@]+@[^\s@]+$/.test(read)) return read.toLowerCase();
    return value.fail(`"${read}" approves nothing; write an e-mail address or one of ${write}`);
  }
  if (APPROVING_ROLES.includes(role)) return read;
  return value.fail(`the role "${role}" approves nothing; write one of ${write}`);
};

/** Two rules for one zone would leave open which one counts. */
export function checkApprovals(approvals: readonly Sourced<ApprovalRule>[]): void {
  const first = new Map<string, string>();
  for (const { item, from } of approvals) {
    const earlier = first.get(item.zone);
    if (earlier === undefined) first.set(item.zone, from.place("zone").place);
    else from.place("zone").fail(`zone "${item.zone}" has an approval already (at ${earlier})`);
  }
}
