/**
 * People as an identity provider tells of them (SCIM 2.0). It sees and changes those alone whom it
 * brought: who was invited here is nobody to it. Whom it brings has no passkey and no role; an
 * administrator sends the enrolment link, and gives a role unless the site's map of groups does.
 * Whom it takes away is out at once.
 */
import { newId } from "../store/ids.ts";
import type { Person, Role } from "../store/model.ts";
import { findPerson, insertPerson, listPeople, updatePerson } from "../store/people.ts";
import {
  deleteProvisioned,
  type KeptNames,
  listGroups,
  listProvisioned,
  type ProvisionedGroup,
  type ProvisionedPerson,
  writeProvisioned,
} from "../store/provisioning.ts";
import type { Queries } from "../store/schema.ts";
import { deleteSignInsOf } from "../store/sign-ins.ts";
import type { RecordEvent } from "../store/store.ts";
import { UniqueViolation } from "../store/store-failed.ts";
import { IdentityRefused } from "./identity.ts";
import { canAdminister, forgetWaysIn, inForce, type PeopleParts } from "./people.ts";
import { emailFrom, nameFrom } from "./person-input.ts";
import { checkRoles } from "./roles.ts";
import { newToken } from "./token.ts";

export interface ProvisioningParts extends PeopleParts {
  /** By the name of a group. */
  readonly roles: ReadonlyMap<string, Role>;
}

/** As a provider sends it. */
export interface PersonWanted {
  readonly userName: string;
  readonly externalId: string | null;
  /** Where absent the user name is one. Counts when the person is made, and never again. */
  readonly email: string | undefined;
  readonly employer: string | undefined;
  readonly names: KeptNames;
  readonly active: boolean;
}

/** As it is told back. */
export interface ProvisionedUser extends ProvisionedPerson {
  readonly person: Person;
  readonly groups: readonly Pick<ProvisionedGroup, "id" | "name">[];
}

/** More than a site has; a provider that sends its whole directory is told so. */
const PEOPLE_MAX = 5_000;
const EMPLOYER = "Own staff";

export class Provisioning {
  private readonly parts: ProvisioningParts;

  constructor(parts: ProvisioningParts) {
    this.parts = parts;
  }

  async users(): Promise<readonly ProvisionedUser[]> {
    return usersIn(this.parts.store.queries);
  }

  /** @throws IdentityRefused not-found */
  async user(id: string): Promise<ProvisionedUser> {
    return userIn(this.parts.store.queries, id);
  }

  /** @throws IdentityRefused email-taken, input-invalid, too-many */
  async create(wanted: PersonWanted): Promise<ProvisionedUser> {
    const { store, clock, people } = this.parts;
    const nowMs = clock.wallMs();
    const id = newId();
    const email = emailFrom(wanted.email ?? wanted.userName);
    const made = await store
      .act(async (queries, record) => {
        const all = await listProvisioned(queries);
        if (all.length >= PEOPLE_MAX) throw new IdentityRefused("too-many", "people");
        refuseSameName(all, wanted.userName, id);
        const fresh = { id, email, name: nameOf(wanted), userHandle: newToken() };
        const employer = nameFrom(wanted.employer ?? EMPLOYER, "an employer");
        await insertPerson(queries, { ...fresh, employer, roles: [], createdMs: nowMs });
        if (!wanted.active) await updatePerson(queries, id, { disabledMs: nowMs });
        const { userName, externalId, names, active } = wanted;
        const kept = { userName, externalId, names, active, version: 1 };
        await writeProvisioned(queries, {
          ...{ ...kept, personId: id, createdMs: nowMs, changedMs: nowMs },
        });
        const text = `The identity provider brought ${fresh.name} (${email}), without a role or passkey`;
        await record({ kind: "person:provisioned", priority: "event", text, subject: id });
        return userIn(queries, id);
      })
      .catch(taken);
    people.changed(made.person);
    return made;
  }

  /**
   * @param version undefined: whatever it is
   * @throws IdentityRefused not-found, changed, email-taken, input-invalid, last-administrator
   */
  async change(
    id: string,
    version: number | undefined,
    wantedOf: (now: ProvisionedUser) => PersonWanted,
  ): Promise<ProvisionedUser> {
    const { user, keptIn } = await this.parts.store
      .act(async (queries, record) => {
        const now = await userIn(queries, id);
        if (version !== undefined && version !== now.version) throw changedMeanwhile();
        const wanted = wantedOf(now);
        if (isSame(now, wanted)) return { user: now, keptIn: false };
        refuseSameName(await listProvisioned(queries), wanted.userName, id);
        const { userName, externalId, names, active } = wanted;
        await writeProvisioned(queries, {
          ...{ ...now, userName, externalId, names, active },
          ...{ version: now.version + 1, changedMs: this.parts.clock.wallMs() },
        });
        await updatePerson(queries, id, { name: nameOf(wanted) });
        const keptIn = await this.letInOrOut({ queries, record }, now, active);
        return { user: await userIn(queries, id), keptIn };
      })
      .catch(taken);
    this.settle(user.person, keptIn);
    return user;
  }

  /** The person stays, disabled: what they did names them. @throws IdentityRefused as `change` */
  async remove(id: string, version: number | undefined): Promise<void> {
    const { person, keptIn } = await this.parts.store.act(async (queries, record) => {
      const now = await userIn(queries, id);
      if (version !== undefined && version !== now.version) throw changedMeanwhile();
      const keptIn = await this.letInOrOut({ queries, record }, now, false);
      if (!keptIn) await deleteProvisioned(queries, id);
      return { person: (await findPerson(queries, id)) ?? now.person, keptIn };
    });
    this.settle(person, keptIn);
  }

  /** In the turn in which it committed. @throws IdentityRefused last-administrator */
  settle(person: Person, keptIn: boolean): void {
    inForce(this.parts, person);
    if (!keptIn) return;
    const ids = this.parts.book.of(person.id).map((signIn) => signIn.id);
    this.parts.book.endKept(ids, { rule: "person-disabled", reason: "This person left." });
    throw new IdentityRefused("last-administrator", "nobody would be left to administer");
  }

  /**
   * Who is let in again is who was let out by the provider, not by an administrator here. The last
   * administrator is signed out everywhere and stays, with an alarm: else nobody could let anybody
   * in any more.
   * @returns whether somebody stays who should not
   */
  private async letInOrOut(
    { queries, record }: { readonly queries: Queries; readonly record: RecordEvent },
    { person, active: was }: ProvisionedUser,
    active: boolean,
  ): Promise<boolean> {
    if (active ? was : person.state === "disabled") return false;
    const tell = (kind: string, text: string, priority: "event" | "alarm" = "event") =>
      record({ kind, priority, text: `${text} by the identity provider`, subject: person.id });
    if (active) {
      await updatePerson(queries, person.id, { disabledMs: null });
      await tell("person:enabled", `${person.name} was enabled`);
      return false;
    }
    if (canAdminister(person) && (await listPeople(queries)).filter(canAdminister).length === 1) {
      await deleteSignInsOf(queries, person.id);
      const text = `${person.name}, the last administrator, was to be disabled and was signed out everywhere`;
      await tell("person:last-administrator-left", text, "alarm");
      return true;
    }
    await updatePerson(queries, person.id, { disabledMs: this.parts.clock.wallMs() });
    await forgetWaysIn(queries, person.id);
    await tell("person:disabled", `${person.name} was disabled`);
    return false;
  }
}

/** What roles a person has by the groups they are in, in place of those that groups gave before. */
export async function giveRoles(
  { queries, record }: { readonly queries: Queries; readonly record: RecordEvent },
  map: ReadonlyMap<string, Role>,
  personId: string,
  groups: readonly ProvisionedGroup[],
): Promise<Person | undefined> {
  const person = await findPerson(queries, personId);
  if (!person || map.size === 0) return undefined;
  const mapped = new Set(map.values());
  const given = groups
    .filter(({ members }) => members.includes(personId))
    .flatMap(({ name }) => map.get(name) ?? []);
  const wanted = [...person.roles.filter((role) => !mapped.has(role)), ...given];
  const roles = wanted.length === 0 ? [] : checkRoles(wanted);
  if (roles.join() === person.roles.join()) return undefined;
  await updatePerson(queries, personId, { roles });
  const from = person.roles.join(", ") || "none";
  await record({
    kind: "person:roles",
    priority: roles.includes("auditor") && !person.roles.includes("auditor") ? "alarm" : "event",
    text: `Groups of the identity provider changed the roles of ${person.name} from ${from} to ${roles.join(", ") || "none"}`,
    subject: personId,
  });
  return findPerson(queries, personId);
}

async function usersIn(queries: Queries): Promise<readonly ProvisionedUser[]> {
  const people = new Map((await listPeople(queries)).map((person) => [person.id, person]));
  const groups = await listGroups(queries);
  const all = await listProvisioned(queries);
  return all.flatMap((one) => {
    const person = people.get(one.personId);
    if (!person) return [];
    const own = groups.filter(({ members }) => members.includes(one.personId));
    return [{ ...one, person, groups: own.map(({ id, name }) => ({ id, name })) }];
  });
}

async function userIn(queries: Queries, id: string): Promise<ProvisionedUser> {
  const found = (await usersIn(queries)).find(({ personId }) => personId === id);
  if (found) return found;
  throw new IdentityRefused("not-found", "nobody that the provider brought");
}

/** Upper and lower case are the same to SCIM (RFC 7643, section 4.1.1). */
function refuseSameName(all: readonly ProvisionedPerson[], userName: string, own: string): void {
  const same = all.find(
    (each) => each.personId !== own && each.userName.toLowerCase() === userName.toLowerCase(),
  );
  if (same) throw new IdentityRefused("email-taken", "somebody has this user name");
}

function isSame(now: ProvisionedUser, wanted: PersonWanted): boolean {
  const { userName, externalId, names, active } = now;
  const { email: _, employer: __, ...rest } = wanted;
  const shown = JSON.stringify({ userName, externalId, names, active });
  const isOut = active || now.person.state === "disabled";
  return isOut && shown === JSON.stringify(orderedAs(rest));
}

function orderedAs({
  userName,
  externalId,
  names,
  active,
}: Omit<PersonWanted, "email" | "employer">) {
  return { userName, externalId, names, active };
}

function nameOf({ names, userName }: Pick<PersonWanted, "names" | "userName">): string {
  const { displayName, formatted, givenName, familyName } = names;
  const parts = [givenName, familyName].filter((part) => part !== undefined && part !== "");
  return nameFrom(displayName || formatted || parts.join(" ") || userName, "a name");
}

export function changedMeanwhile(): IdentityRefused {
  return new IdentityRefused("changed", "it is another version by now");
}

export function taken(error: unknown): never {
  if (!(error instanceof UniqueViolation)) throw error;
  throw new IdentityRefused("email-taken", "somebody has this name or address");
}
