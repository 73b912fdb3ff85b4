/** Which roles a person holds where: a site of several may name its supervisors. Pure. */
import type { Plant } from "./model.ts";
import { indexOf } from "./plant-index.ts";

interface Held<R extends string> {
  readonly email: string;
  readonly roles: readonly R[];
}

/** Whoever a site does not name among its supervisors is none there, whatever the role. */
export function rolesAtSite<R extends string>(
  plant: Plant,
  siteId: string,
  { email, roles }: Held<R>,
): readonly R[] {
  const named = indexOf(plant).siteOf(siteId)?.supervisors;
  if (named === undefined || named.includes(email.toLowerCase())) return roles;
  return roles.filter((role) => role !== "supervisor");
}
