/** What a permit says: who, where, under which grant, with what, until when. Pure. */
import type { Plant } from "../plant/model.ts";
import { namedSite } from "../plant/plant-index.ts";
import { CAPABILITIES_VALID_MS } from "../policy/capabilities.ts";
import { newId } from "../store/ids.ts";
import type { Person } from "../store/model.ts";
import type { Grant } from "./access.ts";
import type { ConsentGiven } from "./consents.ts";
import type { PermitClaims, SessionLimits } from "./permit.ts";

/** A permit is used in the turn it is made; this is room for a slow name look-up. */
const PERMIT_MS = 30_000;

export interface ClaimsGround {
  readonly plant: Plant;
  readonly limits: Pick<SessionLimits, "idleMs" | "leaseMs"> & { readonly absoluteMs: number };
  readonly nowMs: number;
}

/** Where the grant leads, and what is held there. */
export interface ClaimsReach extends Pick<PermitClaims, "endpoint" | "profile" | "asset"> {
  readonly classes: PermitClaims["capabilities"];
  readonly basis: string;
  readonly consent?: ConsentGiven;
  readonly visit?: string | undefined;
}

export function permitClaims(
  { plant, limits, nowMs }: ClaimsGround,
  person: Person,
  grant: Grant,
  reach: ClaimsReach,
): PermitClaims {
  const { id, name, zone } = reach.asset;
  const grantUntilMs = grant.closesMs ?? Number.MAX_SAFE_INTEGER;
  return {
    session: newId(),
    site: namedSite(plant, reach.asset),
    subject: { id: person.id, name: person.name, roles: person.roles },
    grant: { id: grant.id, untilMs: grantUntilMs, ...markOf(grant) },
    asset: { id, name, zone },
    endpoint: reach.endpoint,
    profile: reach.profile,
    plantDigest: plant.digest,
    capabilities: reach.classes,
    basis: reach.basis,
    ...(reach.consent && { consent: reach.consent }),
    ...(reach.visit !== undefined && { visit: reach.visit }),
    limits: {
      idleMs: limits.idleMs,
      leaseMs: limits.leaseMs,
      renewMs: CAPABILITIES_VALID_MS,
      untilMs: Math.min(grantUntilMs, nowMs + limits.absoluteMs),
    },
    expiresMs: nowMs + PERMIT_MS,
  };
}

function markOf({ source }: Grant): { readonly breakGlass?: true } {
  return source === "break-glass" ? { breakGlass: true } : {};
}
