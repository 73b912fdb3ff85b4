/** What a grant leads to in the plant in force, and what a person would hold there. Pure. */
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type { Asset, Endpoint, Plant, Profile } from "../plant/model.ts";
import { classesOf } from "../policy/profile-reach.ts";
import type { Person } from "../store/model.ts";
import type { Grant } from "./access.ts";
import { classesOfRoles, hasRight } from "./rights.ts";

/** @param endpointId `ASSET/ENDPOINT` */
export function findEndpoint(
  plant: Plant,
  endpointId: string,
): { readonly asset: Asset; readonly endpoint: Endpoint } | undefined {
  const [assetId, id, more] = endpointId.split("/");
  if (more !== undefined) return undefined;
  const asset = plant.assets.find((each) => each.id === assetId);
  const endpoint = asset?.endpoints.find((each) => each.id === id);
  return asset && endpoint && { asset, endpoint };
}

export function findProfile(plant: Plant, id: string): Profile | undefined {
  return plant.profiles.find((profile) => profile.id === id);
}

/** The profile's classes that the person's roles allow, weakest first. */
export function classesHeld(
  plant: Plant,
  person: Person,
  grant: Pick<Grant, "profile" | "endpoint">,
): readonly OperationClass[] {
  const profile = findProfile(plant, grant.profile);
  if (!profile || !findEndpoint(plant, grant.endpoint)) return [];
  if (person.state !== "active" || !hasRight(person.roles, "session:open")) return [];
  const allowed = classesOfRoles(person.roles);
  const open = new Set(classesOf(profile));
  return OPERATION_CLASSES.filter((each) => allowed.has(each) && open.has(each));
}

/** Live before coming, then more classes, then longer, then the older id, so that lists stand still. */
export function bestFirst(plant: Plant, person: Person, grants: readonly Grant[]): Grant[] {
  const weight = (grant: Grant) => classesHeld(plant, person, grant).length;
  const untilMs = (grant: Grant) => grant.untilMs ?? Number.MAX_SAFE_INTEGER;
  return grants.toSorted(
    (a, b) =>
      Number(b.state === "live") - Number(a.state === "live") ||
      weight(b) - weight(a) ||
      untilMs(b) - untilMs(a) ||
      (a.id < b.id ? -1 : 1),
  );
}
