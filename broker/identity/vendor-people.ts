/** Outsiders whom a sponsor invites: a vendor and nothing else, bound to one address and employer. */
import type { Clock } from "../clock.ts";
import { newId } from "../store/ids.ts";
import type { Person } from "../store/model.ts";
import { findPerson, insertPerson } from "../store/people.ts";
import type { Queries } from "../store/schema.ts";
import { keepSponsor } from "../store/sponsors.ts";
import type { Store } from "../store/store.ts";
import { UniqueViolation } from "../store/store-failed.ts";
import {
  type EnrolmentLink,
  IdentityRefused,
  type SignedIn,
  type VendorInvited,
} from "./identity.ts";
import type { CheckedIdentityConfig } from "./identity-config.ts";
import { makeLink } from "./links.ts";
import { emailFrom, nameFrom, reasonFrom } from "./person-input.ts";
import { newToken } from "./token.ts";

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: CheckedIdentityConfig;
  readonly people: { changed(person: Person): void };
}

/** Person, sponsorship and link are there together or not at all. */
export async function inviteVendor(
  parts: Parts,
  by: SignedIn,
  invited: VendorInvited,
): Promise<{ readonly person: Person; readonly link: EnrolmentLink }> {
  const createdMs = parts.clock.wallMs();
  const fresh = {
    id: newId(),
    name: nameFrom(invited.name, "a name"),
    email: emailFrom(invited.email),
    employer: nameFrom(invited.employer, "an employer"),
    ...({ roles: ["vendor"], userHandle: newToken(), createdMs } as const),
  };
  const reason = reasonFrom(invited.reason);
  const made = await parts.store
    .act(async (queries, record) => {
      const sponsor = await active(queries, by);
      await insertPerson(queries, fresh);
      const sponsorship = { vendorId: fresh.id, sponsorId: sponsor.id, reason, createdMs };
      await keepSponsor(queries, sponsorship);
      const link = await makeLink(parts, queries, fresh.id, "invitation");
      await record({
        kind: "person:invited",
        priority: "event",
        text: `${sponsor.name} invited the vendor ${fresh.name} (${fresh.email}, ${fresh.employer}) and answers for them: ${reason}`,
        subject: fresh.id,
      });
      return { person: await present(queries, fresh.id), link };
    })
    .catch((error: unknown) => {
      if (!(error instanceof UniqueViolation)) throw error;
      throw new IdentityRefused("email-taken", "somebody has this e-mail address");
    });
  parts.people.changed(made.person);
  return made;
}

/** Only while invited; voids the earlier one. Who may is checked before. */
export function newVendorLink(
  parts: Parts,
  by: SignedIn,
  vendorId: string,
): Promise<EnrolmentLink> {
  return parts.store.act(async (queries, record) => {
    const sponsor = await active(queries, by);
    const vendor = await present(queries, vendorId);
    if (vendor.state !== "invited" || !vendor.roles.includes("vendor")) {
      throw new IdentityRefused("not-invited", "only who never enrolled gets another link");
    }
    await record({
      kind: "person:invited",
      priority: "event",
      text: `${sponsor.name} made a new enrolment link for ${vendor.name}; earlier ones are void`,
      subject: vendorId,
    });
    return makeLink(parts, queries, vendorId, "invitation");
  });
}

async function active(queries: Queries, by: SignedIn): Promise<Person> {
  const person = await findPerson(queries, by.person.id);
  if (person?.state === "active") return person;
  throw new IdentityRefused("not-allowed", "not active any more");
}

async function present(queries: Queries, personId: string): Promise<Person> {
  const person = await findPerson(queries, personId);
  if (!person) throw new IdentityRefused("not-found", "no such person");
  return person;
}
