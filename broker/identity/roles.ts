/**
 * Which roles one person may hold together.
 *
 * An auditor judges what others did, so not with a role that acts in sessions (engineer, vendor,
 * supervisor). Administrator and auditor may meet: SECURITY.md names them as the way for an
 * administrator to read recordings, and nobody adds a role to oneself. A vendor is an outsider
 * and nothing else.
 */
import { ROLES, type Role } from "../store/model.ts";
import { IdentityRefused } from "./identity.ts";

const NEVER_TOGETHER: readonly (readonly [Role, Role])[] = [
  ["auditor", "engineer"],
  ["auditor", "vendor"],
  ["auditor", "supervisor"],
  ["vendor", "administrator"],
  ["vendor", "engineer"],
  ["vendor", "supervisor"],
];

/** Without repetitions, in a fixed order. @throws IdentityRefused roles-conflict */
export function checkRoles(roles: readonly Role[]): readonly Role[] {
  const held = ROLES.filter((role) => roles.includes(role));
  if (held.length === 0 || roles.some((role) => !ROLES.includes(role))) {
    throw new IdentityRefused("roles-conflict", "a person needs at least one known role");
  }
  if (held.includes("workload")) {
    throw new IdentityRefused("roles-conflict", "no person is a workload");
  }
  for (const [one, other] of NEVER_TOGETHER) {
    if (!held.includes(one) || !held.includes(other)) continue;
    throw new IdentityRefused("roles-conflict", `one person cannot be ${one} and ${other}`);
  }
  return held;
}
