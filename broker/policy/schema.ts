/**
 * What policies can speak about, as a Cedar schema. Strict validation against it is what makes a
 * misspelt role, action or attribute an error with a place instead of a rule that never counts.
 */
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type { PolicyAction } from "./access-input.ts";
import { RIGHTS, type Right } from "./rights.ts";

/** Role::"engineer" and so on; the same words as `Role` of the store. */
export const POLICY_ROLES = [
  "administrator",
  "engineer",
  "supervisor",
  "vendor",
  "auditor",
  "workload",
] as const;

/**
 * The groups that an action is in: `use` stands for every operation class, `alter` for those
 * that can change a plant, `manage` for every right.
 */
export function groupsOf(action: PolicyAction): readonly string[] {
  if (!isClass(action)) return ["manage"];
  return action === "observe" ? ["use"] : ["alter", "use"];
}

export function isClass(action: PolicyAction): action is OperationClass {
  return OPERATION_CLASSES.some((name) => name === action);
}

/** A class is held on an asset; a right can be asked for the site, or for a part of it. */
function declaration(action: OperationClass | Right): string {
  const [group] = groupsOf(action);
  const resources = isClass(action) ? "Asset" : "Site, Zone, Asset, Grant";
  return `action ${JSON.stringify(action)} in [Action::"${group}"] appliesTo {
  principal: [Subject], resource: [${resources}], context: Context };`;
}

export const POLICY_SCHEMA = `
entity Role enum [${POLICY_ROLES.map((role) => JSON.stringify(role)).join(", ")}];
// A person in their roles; a workload is a Subject in Role::"workload" and in no other.
entity Subject in [Role] { roles: Set<String>, employer: String };
// The computer or telephone that a person sits at.
entity Device;
// Where one broker serves several, each is in the whole one.
entity Site in [Site];
// Purdue level (3.5 is decimal("3.5")) and target security level, 0 to 4.
entity Zone in [Zone, Site] { level: decimal, securityLevelTarget: Long };
entity Asset in [Zone] { zone: Zone };
entity Grant in [Asset] { holder: Subject, requestedBy: Subject, profile: String };

type Context = {
  // The grant that a session rests on; "approvers" are the people who approved the request that
  // it came of, and nobody for a standing grant, one that an administrator made, or break-glass.
  grant: { id: String, active: Bool, profile: String, approvers: Set<Subject>, ticket: String },
  // Age of the last passkey assertion, rounded up to 30 s. "key": device-bound, synced, unknown.
  // A workload has no passkey: a year old and unknown, always.
  authentication: { ageSeconds: Long, key: String },
  device: { self: Device, known: Bool, compliant: Bool, reportAgeSeconds: Long },
  network: { address: ipaddr, known: Bool },
  // In the time zone of the site of what it is about; "weekday" is 1 on Monday and 7 on Sunday.
  time: { hour: Long, minute: Long, weekday: Long },
  session: { supervisorPresent: Bool, durationSeconds: Long },
  // "level" is 0 (none) to 4; it says nothing until "assessed".
  risk: { assessed: Bool, level: Long, reasons: Set<String> },
  // "open": remote access is switched on at the plant. "locked": a lockdown is in force.
  site: { open: Bool, locked: Bool },
};

action "use";
action "alter" in [Action::"use"];
action "manage";
${[...OPERATION_CLASSES, ...RIGHTS].map(declaration).join("\n")}
`;
