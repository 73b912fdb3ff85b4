/** What each role may do in the console, and which classes of operation it can hold at most. */
import type { OperationClass } from "../../protocols/guard.ts";
import type { Role } from "../store/model.ts";

export type Right =
  | "plant:view"
  | "session:open"
  | "session:list"
  | "session:watch"
  | "session:end"
  | "recording:own"
  | "recording:all"
  | "grant:manage"
  | "people:manage"
  | "events:view"
  | "health:view";

/**
 * Administrators run the site and do not see what happened in sessions; auditors see all and
 * touch nothing. Vendors see only assets on which they hold a grant (`Access.mayView`).
 */
const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  administrator: [
    "plant:view",
    "session:list",
    "session:end",
    "grant:manage",
    "people:manage",
    "events:view",
    "health:view",
  ],
  engineer: ["plant:view", "session:open", "recording:own"],
  supervisor: ["plant:view", "session:list", "session:watch", "session:end", "events:view"],
  vendor: ["plant:view", "session:open"],
  auditor: ["plant:view", "recording:all", "events:view"],
};

/**
 * The most a role can hold, whatever a profile says. Moving files in and out of the plant stays
 * with the plant's own people; who may not open sessions holds nothing.
 */
const CLASSES: Readonly<Record<Role, readonly OperationClass[]>> = {
  administrator: [],
  engineer: ["observe", "operate", "configure", "program", "transfer"],
  supervisor: [],
  vendor: ["observe", "operate", "configure", "program"],
  auditor: [],
};

export function rightsOf(roles: readonly Role[]): ReadonlySet<Right> {
  return new Set(roles.flatMap((role) => RIGHTS[role]));
}

export function hasRight(roles: readonly Role[], right: Right): boolean {
  return roles.some((role) => RIGHTS[role].includes(right));
}

export function classesOfRoles(roles: readonly Role[]): ReadonlySet<OperationClass> {
  return new Set(roles.flatMap((role) => CLASSES[role]));
}
