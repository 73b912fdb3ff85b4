/** What a change of the plant would do to what runs and is granted now. Pure. */
import type { Plant } from "../plant/model.ts";
import { type PlantChange, reasonToEnd } from "../plant/plant-change.ts";
import type { Grant } from "./access.ts";
import type { PermitClaims } from "./permit.ts";

export interface SessionTouched {
  readonly session: string;
  readonly person: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly profile: string;
  readonly why: string;
}

export interface GrantTouched {
  readonly id: string;
  readonly subject: string;
  readonly endpoint: string;
  readonly profile: string;
  readonly why: string;
}

/** Live sessions that would end. All others are decided again, and go on with what is left to them. */
export function sessionsEnded(
  change: PlantChange,
  sessions: readonly { readonly claims: PermitClaims }[],
): readonly SessionTouched[] {
  return sessions.flatMap(({ claims }) => {
    const endpoint = `${claims.asset.id}/${claims.endpoint.id}`;
    const profile = claims.profile.id;
    const why = reasonToEnd({ endpoint, profile }, change) ?? standingEnd(claims.grant.id, change);
    if (why === undefined) return [];
    return [{ session: claims.session, person: claims.subject.name, endpoint, profile, why }];
  });
}

function standingEnd(grant: string, { before, after, grants }: PlantChange): string | undefined {
  if (!has(before, grant)) return undefined;
  if (grants.removed.has(grant)) return "The plant file would no longer grant this.";
  const [was, is] = [find(before, grant), find(after, grant)];
  const same = was?.endpoint === is?.endpoint && was?.profile === is?.profile;
  return same ? undefined : "The plant file would change the grant of this session.";
}

/** Grants made by people, alive or coming, that would lead nowhere. */
export function grantsVoid(after: Plant, grants: readonly Grant[]): readonly GrantTouched[] {
  const endpoints = new Set(
    after.assets.flatMap(({ id, endpoints: own }) => own.map((each) => `${id}/${each.id}`)),
  );
  const profiles = new Set(after.profiles.map(({ id }) => id));
  return grants.flatMap(({ id, source, subject, endpoint, profile, state }) => {
    if (source === "plant-file" || (state !== "live" && state !== "coming")) return [];
    if (!endpoints.has(endpoint)) {
      return [{ id, subject, endpoint, profile, why: "Its endpoint would be gone." }];
    }
    if (profiles.has(profile)) return [];
    return [{ id, subject, endpoint, profile, why: "Its profile would be gone." }];
  });
}

function has(plant: Plant, grant: string): boolean {
  return find(plant, grant) !== undefined;
}

function find({ grants }: Plant, grant: string) {
  return grants.find(({ id }) => id === grant);
}
