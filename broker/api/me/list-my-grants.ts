import { z } from "zod";
import type { Access, ControlledSession, Grant, PlantInForce } from "../../access/access.ts";
import { findEndpoint, findProfile } from "../../access/reach.ts";
import { assetOf, reaches } from "../../identity/token-scope.ts";
import type { Plant } from "../../plant/model.ts";
import type { Person } from "../../store/model.ts";
import { endpoint } from "../endpoint.ts";
import { type HeldGrantView, heldGrantSchema } from "../shapes/requests.ts";

type Asked = Pick<Access<ControlledSession>, "grantsOf" | "classes">;

export function listMyGrants(access: Asked, plant: PlantInForce) {
  return endpoint({
    summary: "What I may reach now and soon, best first, and how long",
    answer: z.array(heldGrantSchema),
    handle: ({ me }) =>
      access
        .grantsOf(me.person)
        .filter(({ endpoint: at }) => reaches(me, assetOf(at)))
        .flatMap((grant) => heldGrant(access, plant.current(), me.person, grant)),
  });
}

/** Break-glass is not made longer: what takes more time is asked for. */
function isExtendable({ source, state, weekly }: Grant): boolean {
  const agreed = source === "console" || source === "request";
  return agreed && state === "live" && weekly === null;
}

function heldGrant(access: Asked, plant: Plant, person: Person, grant: Grant): HeldGrantView[] {
  const { state, source } = grant;
  const found = findEndpoint(plant, grant.endpoint);
  const profile = findProfile(plant, grant.profile);
  if (!found || !profile || (state !== "live" && state !== "coming")) return [];
  const { id, endpoint: endpointId, opensMs, closesMs, untilMs, weekly, sessionsMax } = grant;
  return [
    {
      ...{ id, source, state, opensMs, closesMs, untilMs, sessionsMax, reason: grant.reason },
      site: grant.site,
      ...{ endpoint: endpointId, assetId: found.asset.id, assetName: found.asset.name },
      ...{ profile: profile.id, profileDescription: profile.description },
      classes: [...access.classes(person, grant)],
      weekly: weekly?.map((window) => ({ ...window })) ?? null,
      extendable: isExtendable(grant),
    },
  ];
}
