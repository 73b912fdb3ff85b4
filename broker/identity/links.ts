/** One-time enrolment links. The token is in the part of the address that browsers never send. */
import type { Clock } from "../clock.ts";
import { type LinkKind, replaceLink } from "../store/enrolment-links.ts";
import type { Queries } from "../store/schema.ts";
import type { EnrolmentLink } from "./identity.ts";
import type { CheckedIdentityConfig } from "./identity-config.ts";
import { hashToken, newToken } from "./token.ts";

/**
 * First start: someone sits in front of it. Invited people may be asleep in another time zone.
 * A recovery is expected by a person who is on the phone right now.
 */
const LIFE_MS: Readonly<Record<LinkKind, number>> = {
  "first-start": 15 * 60_000,
  invitation: 24 * 3_600_000,
  recovery: 3_600_000,
};

/** Voids the person's earlier links. Within the transaction that gives the right to one. */
export async function makeLink(
  parts: { readonly clock: Clock; readonly config: CheckedIdentityConfig },
  queries: Queries,
  personId: string,
  kind: LinkKind,
): Promise<EnrolmentLink> {
  const token = newToken();
  const createdMs = parts.clock.wallMs();
  const expiresMs = createdMs + LIFE_MS[kind];
  await replaceLink(queries, {
    tokenHash: hashToken(token),
    personId,
    kind,
    createdMs,
    expiresMs,
  });
  return { url: `${parts.config.origins[0]}/enrol#token=${token}`, expiresMs };
}
