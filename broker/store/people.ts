import type { Selectable } from "kysely";
import type { Person, Role } from "./model.ts";
import type { PeopleTable, Queries } from "./schema.ts";

export interface NewPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly employer: string;
  readonly roles: readonly Role[];
  /** What authenticators know the person by, base64url. */
  readonly userHandle: string;
  readonly createdMs: number;
}

/** @throws UniqueViolation if the e-mail address is taken */
export async function insertPerson(queries: Queries, person: NewPerson): Promise<void> {
  await queries
    .insertInto("people")
    .values({
      id: person.id,
      name: person.name,
      email: person.email,
      employer: person.employer,
      roles: person.roles.join(" "),
      user_handle: person.userHandle,
      enrolled_ms: null,
      disabled_ms: null,
      last_sign_in_ms: null,
      created_ms: person.createdMs,
    })
    .execute();
}

export async function findPerson(queries: Queries, id: string): Promise<Person | undefined> {
  const row = await select(queries).where("people.id", "=", id).executeTakeFirst();
  return row && toPerson(row);
}

export async function findPersonByEmail(
  queries: Queries,
  email: string,
): Promise<Person | undefined> {
  const row = await select(queries).where("people.email", "=", email).executeTakeFirst();
  return row && toPerson(row);
}

export async function listPeople(queries: Queries): Promise<readonly Person[]> {
  const rows = await select(queries).orderBy("people.name").orderBy("people.id").execute();
  return rows.map(toPerson);
}

export async function userHandleOf(queries: Queries, personId: string): Promise<string> {
  const row = await queries
    .selectFrom("people")
    .select("user_handle")
    .where("id", "=", personId)
    .executeTakeFirstOrThrow();
  return row.user_handle;
}

export interface PersonUpdate {
  readonly name?: string;
  readonly employer?: string;
  readonly roles?: readonly Role[];
  /** Null enables again. */
  readonly disabledMs?: number | null;
  readonly enrolledMs?: number;
  readonly lastSignInMs?: number;
}

export async function updatePerson(
  queries: Queries,
  id: string,
  update: PersonUpdate,
): Promise<void> {
  const columns: Partial<PeopleTable> = {
    ...(update.name !== undefined && { name: update.name }),
    ...(update.employer !== undefined && { employer: update.employer }),
    ...(update.roles !== undefined && { roles: update.roles.join(" ") }),
    ...(update.disabledMs !== undefined && { disabled_ms: update.disabledMs }),
    ...(update.enrolledMs !== undefined && { enrolled_ms: update.enrolledMs }),
    ...(update.lastSignInMs !== undefined && { last_sign_in_ms: update.lastSignInMs }),
  };
  if (Object.keys(columns).length === 0) return;
  await queries.updateTable("people").set(columns).where("id", "=", id).execute();
}

function select(queries: Queries) {
  return queries
    .selectFrom("people")
    .selectAll("people")
    .select((row) =>
      row
        .selectFrom("passkeys")
        .whereRef("passkeys.person_id", "=", "people.id")
        .select((count) => count.fn.countAll<number>().as("number"))
        .as("passkeys"),
    );
}

function toPerson(row: Selectable<PeopleTable> & { passkeys: number | null }): Person {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    employer: row.employer,
    // Who an identity provider told of has none before somebody gives one.
    roles: row.roles.split(" ").filter((role) => role !== "") as Role[],
    state: stateOf(row),
    passkeys: Number(row.passkeys),
    lastSignInMs: row.last_sign_in_ms,
    createdMs: Number(row.created_ms),
  };
}

function stateOf(row: Selectable<PeopleTable>): Person["state"] {
  if (row.disabled_ms !== null) return "disabled";
  return row.enrolled_ms === null ? "invited" : "active";
}
