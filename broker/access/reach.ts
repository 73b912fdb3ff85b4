/** What a grant leads to in the plant in force, and what a person would hold there. Pure. */
import type { OperationClass } from "../../protocols/guard.ts";
import type { Asset, Endpoint, Plant, Profile } from "../plant/model.ts";
import { indexOf } from "../plant/plant-index.ts";
import { classesOf } from "../policy/profile-reach.ts";
import type { Person } from "../store/model.ts";
import type { Grant } from "./access.ts";
import {
  type Asker,
  type CapabilityQuestion,
  type DecidedCapabilities,
  type DecisionPoint,
  onceAsserted,
} from "./decision-point.ts";

/** @param endpointId `ASSET/ENDPOINT` */
export function findEndpoint(
  plant: Plant,
  endpointId: string,
): { readonly asset: Asset; readonly endpoint: Endpoint } | undefined {
  const [assetId, id, more] = endpointId.split("/");
  if (more !== undefined) return undefined;
  const asset = indexOf(plant).assets.get(assetId ?? "");
  const endpoint = asset?.endpoints.find((each) => each.id === id);
  return asset && endpoint && { asset, endpoint };
}

export function findProfile(plant: Plant, id: string): Profile | undefined {
  return indexOf(plant).profiles.get(id);
}

/** The plant in force and who decides about it. */
export interface Ground {
  readonly plant: Plant;
  readonly decisions: Pick<DecisionPoint, "capabilities">;
}

type GrantReach = Pick<Grant, "id" | "profile" | "endpoint" | "approvers" | "ticket">;

/**
 * What the policies give of the classes that the grant's profile can permit, as long as the grant
 * counts. Undefined where it leads nowhere.
 */
export function decideReach(
  { plant, decisions }: Ground,
  who: Asker,
  { id, profile: profileId, endpoint, approvers, ticket }: GrantReach,
  more: Partial<Pick<CapabilityQuestion, "session" | "site">> = {},
): DecidedCapabilities | undefined {
  const profile = findProfile(plant, profileId);
  const found = findEndpoint(plant, endpoint);
  if (!profile || !found) return undefined;
  const { asset } = found;
  const asked = classesOf(profile);
  const grant = { id, active: true, profile: profileId, approvers, ticket };
  return decisions.capabilities({ who, asset, grant, asked, ...more });
}

/** What the person would hold with a fresh assertion while nothing is locked, weakest class first. */
export function classesHeld(
  ground: Ground,
  person: Person,
  grant: GrantReach,
): readonly OperationClass[] {
  return decideReach(ground, onceAsserted(person), grant, UNLOCKED)?.classes ?? [];
}

const UNLOCKED = { site: { open: true, locked: false } };

/** Live before coming, then more classes, then longer, then the older id, so that lists stand still. */
export function bestFirst(ground: Ground, person: Person, grants: readonly Grant[]): Grant[] {
  const weights = new Map(
    grants.map((grant) => [grant, classesHeld(ground, person, grant).length]),
  );
  const weight = (grant: Grant) => weights.get(grant) ?? 0;
  const untilMs = (grant: Grant) => grant.untilMs ?? Number.MAX_SAFE_INTEGER;
  return grants.toSorted(
    (a, b) =>
      Number(b.state === "live") - Number(a.state === "live") ||
      weight(b) - weight(a) ||
      untilMs(b) - untilMs(a) ||
      (a.id < b.id ? -1 : 1),
  );
}

/** Each endpoint with its grants, as `bestFirst` has them; one alone costs no decision. */
export function bestByEndpoint(
  ground: Ground,
  person: Person,
  grants: readonly Grant[],
): ReadonlyMap<string, readonly Grant[]> {
  const grouped = Map.groupBy(grants, ({ endpoint }) => endpoint);
  for (const [endpoint, here] of grouped) {
    if (here.length > 1) grouped.set(endpoint, bestFirst(ground, person, here));
  }
  return grouped;
}
