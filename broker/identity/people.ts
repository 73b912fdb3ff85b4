/** People as administrators manage them. Every check is made in the transaction that changes. */
import type { Clock } from "../clock.ts";
import { dropApiTokensOf } from "../store/api-tokens.ts";
import { deleteLinksOf } from "../store/enrolment-links.ts";
import { newId } from "../store/ids.ts";
import { isWorkload, type Person, type Role } from "../store/model.ts";
import { findPerson, insertPerson, listPeople, updatePerson } from "../store/people.ts";
import type { Queries } from "../store/schema.ts";
import { deleteSignInsOf } from "../store/sign-ins.ts";
import type { RecordEvent, Store } from "../store/store.ts";
import { UniqueViolation } from "../store/store-failed.ts";
import type { EnrolmentLink, Invitation, People, PersonChange, SignedIn } from "./identity.ts";
import { IdentityRefused } from "./identity.ts";
import type { CheckedIdentityConfig } from "./identity-config.ts";
import { makeLink } from "./links.ts";
import { emailFrom, nameFrom } from "./person-input.ts";
import { checkRoles } from "./roles.ts";
import type { SignInBook } from "./sign-in-book.ts";
import { newToken } from "./token.ts";
import { inviteVendor, newVendorLink } from "./vendor-people.ts";

/** Roles that reach beyond one's own work: giving them is worth a look by somebody else. */
const WATCHED_ROLES: readonly Role[] = ["administrator", "auditor"];

/** Tells everybody that holds on to a person. */
export class PeopleBook {
  private readonly book: SignInBook;
  private readonly listeners = new Set<(person: Person) => void>();

  constructor(book: SignInBook) {
    this.book = book;
  }

  /** In the turn after the store has it: from now on the new state counts. */
  changed(person: Person): void {
    this.book.personChanged(person);
    for (const listener of this.listeners) listener(person);
  }

  onChanged(listener: (person: Person) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export interface PeopleParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: CheckedIdentityConfig;
  readonly book: SignInBook;
  readonly people: PeopleBook;
}

export function createPeople(parts: PeopleParts): People {
  const { queries } = parts.store;
  return {
    list: () => listPeople(queries),
    get: (personId) => findPerson(queries, personId),
    invite: (by, invitation) => invite(parts, by, invitation),
    change: (by, personId, change) => changePerson(parts, by, personId, change),
    newLink: (by, personId) => newLink(parts, by, personId),
    inviteVendor: (by, invited) => inviteVendor(parts, by, invited),
    newVendorLink: (by, vendorId) => newVendorLink(parts, by, vendorId),
    onChanged: (listener) => parts.people.onChanged(listener),
  };
}

/** The administrator as the store has them now, whatever was true when the request came. */
export async function administrator(queries: Queries, by: SignedIn): Promise<Person> {
  const person = await findPerson(queries, by.person.id);
  if (person?.state === "active" && person.roles.includes("administrator")) return person;
  throw new IdentityRefused("not-allowed", "only administrators manage people");
}

async function invite(
  parts: PeopleParts,
  by: SignedIn,
  invitation: Invitation,
): Promise<{ readonly person: Person; readonly link: EnrolmentLink }> {
  const roles = checkRoles(invitation.roles);
  const fresh = {
    id: newId(),
    name: nameFrom(invitation.name, "a name"),
    email: emailFrom(invitation.email),
    employer: nameFrom(invitation.employer, "an employer"),
    roles,
    userHandle: newToken(),
    createdMs: parts.clock.wallMs(),
  };
  const made = await parts.store
    .act(async (queries, record) => {
      const admin = await administrator(queries, by);
      await insertPerson(queries, fresh);
      const link = await makeLink(parts, queries, fresh.id, "invitation");
      await record({
        kind: "person:invited",
        priority: priorityOf(roles),
        text: `${admin.name} invited ${fresh.name} (${fresh.email}, ${fresh.employer}) as ${roles.join(", ")}`,
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

async function newLink(parts: PeopleParts, by: SignedIn, personId: string): Promise<EnrolmentLink> {
  return parts.store.act(async (queries, record) => {
    const admin = await administrator(queries, by);
    const person = await present(queries, personId);
    if (person.state !== "invited") {
      throw new IdentityRefused("not-invited", "only who never enrolled gets another link");
    }
    await record({
      kind: "person:invited",
      priority: "event",
      text: `${admin.name} made a new enrolment link for ${person.name}; earlier ones are void`,
      subject: personId,
    });
    return makeLink(parts, queries, personId, "invitation");
  });
}

async function changePerson(
  parts: PeopleParts,
  by: SignedIn,
  personId: string,
  change: PersonChange,
): Promise<Person> {
  const roles = change.roles && checkRoles(change.roles);
  const person = await parts.store.act(async (queries, record) => {
    const admin = await administrator(queries, by);
    const before = await present(queries, personId);
    if (roles) refuseOwnRise(admin, before, roles);
    refuseOfWorkload(before, change);
    await updatePerson(queries, personId, {
      ...(change.name !== undefined && { name: nameFrom(change.name, "a name") }),
      ...(change.employer !== undefined && {
        employer: nameFrom(change.employer, "an employer"),
      }),
      ...(roles && { roles }),
      ...(change.disabled !== undefined && {
        disabledMs: change.disabled ? parts.clock.wallMs() : null,
      }),
    });
    const after = await present(queries, personId);
    await keepOneAdministrator(queries, before);
    if (after.state === "disabled") await forgetWaysIn(queries, personId);
    await recordChanges(record, admin, before, after);
    return after;
  });
  inForce(parts, person, by.person.id);
  return person;
}

/** In the transaction that disables. */
export async function forgetWaysIn(queries: Queries, personId: string): Promise<void> {
  await deleteLinksOf(queries, personId);
  await deleteSignInsOf(queries, personId);
  await dropApiTokensOf(queries, personId);
}

/**
 * In the turn in which it committed. First what the person may do, then the browsers: nothing in
 * between acts on the old state.
 */
export function inForce(
  { people, book }: Pick<PeopleParts, "people" | "book">,
  person: Person,
  by?: string,
): void {
  people.changed(person);
  if (person.state !== "disabled") return;
  const reason = "This person was disabled.";
  book.endKept(
    book.of(person.id).map(({ id }) => id),
    { rule: "person-disabled", reason, ...(by !== undefined && { by }) },
  );
}

/** Else an administrator could make themselves auditor and read what they must not. */
function refuseOwnRise(admin: Person, before: Person, roles: readonly Role[]): void {
  if (admin.id !== before.id) return;
  if (roles.every((role) => before.roles.includes(role))) return;
  throw new IdentityRefused("not-allowed", "another administrator must give one a new role");
}

/** What a workload is stands in the file of workloads; here it is only shut out, or let in again. */
function refuseOfWorkload(before: Person, { disabled: _, ...others }: PersonChange): void {
  if (!isWorkload(before) || Object.values(others).every((each) => each === undefined)) return;
  throw new IdentityRefused("not-allowed", "a workload is changed in the file of workloads");
}

/** Checked after the change, in the same transaction. Who never enrolled cannot help anybody. */
async function keepOneAdministrator(queries: Queries, before: Person): Promise<void> {
  if (!canAdminister(before)) return;
  const left = (await listPeople(queries)).filter(canAdminister);
  if (left.length > 0) return;
  throw new IdentityRefused("last-administrator", "nobody would be left to administer");
}

export function canAdminister(person: Person): boolean {
  return person.state === "active" && person.passkeys > 0 && person.roles.includes("administrator");
}

async function recordChanges(
  record: RecordEvent,
  admin: Person,
  before: Person,
  after: Person,
): Promise<void> {
  const tell = (kind: string, priority: "event" | "alarm", text: string) =>
    record({ kind, priority, text: `${admin.name} ${text}`, subject: after.id });
  if (before.state !== after.state) {
    const what = after.state === "disabled" ? "disabled" : "enabled";
    await tell(`person:${what}`, "event", `${what} ${after.name}`);
  }
  if (before.roles.join() !== after.roles.join()) {
    const added = after.roles.filter((role) => !before.roles.includes(role));
    const text = `changed the roles of ${after.name} from ${before.roles.join(", ")} to ${after.roles.join(", ")}`;
    await tell("person:roles", priorityOf(added), text);
  }
  if (before.name !== after.name || before.employer !== after.employer) {
    const text = `changed ${before.name} (${before.employer}) to ${after.name} (${after.employer})`;
    await tell("person:changed", "event", text);
  }
}

function priorityOf(given: readonly Role[]): "event" | "alarm" {
  return given.some((role) => WATCHED_ROLES.includes(role)) ? "alarm" : "event";
}

/** @throws IdentityRefused not-found */
export async function present(queries: Queries, personId: string): Promise<Person> {
  const person = await findPerson(queries, personId);
  if (!person) throw new IdentityRefused("not-found", "no such person");
  return person;
}
