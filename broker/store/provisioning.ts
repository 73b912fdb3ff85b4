/** People and groups as an identity provider told of them. */
import type { Queries } from "./schema.ts";

/** As they were sent; all optional there. */
export interface KeptNames {
  readonly displayName?: string | undefined;
  readonly formatted?: string | undefined;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
}

export interface ProvisionedPerson {
  readonly personId: string;
  readonly userName: string;
  readonly externalId: string | null;
  readonly names: KeptNames;
  /** What the provider said last; the person may be disabled by an administrator besides. */
  readonly active: boolean;
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
}

export interface ProvisionedGroup {
  readonly id: string;
  readonly name: string;
  readonly externalId: string | null;
  readonly members: readonly string[];
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
}

export async function listProvisioned(queries: Queries): Promise<readonly ProvisionedPerson[]> {
  const rows = await queries
    .selectFrom("provisioned_people")
    .selectAll()
    .orderBy("created_ms")
    .orderBy("person_id")
    .execute();
  return rows.map((row) => {
    const { names, active } = JSON.parse(row.body) as Pick<ProvisionedPerson, "names" | "active">;
    return {
      ...{ personId: row.person_id, userName: row.user_name, externalId: row.external_id },
      ...{ names, active, version: row.version },
      ...{ createdMs: Number(row.created_ms), changedMs: Number(row.changed_ms) },
    };
  });
}

/** @throws UniqueViolation if the user name is taken */
export async function writeProvisioned(queries: Queries, one: ProvisionedPerson): Promise<void> {
  const { names, active } = one;
  const changed = {
    user_name: one.userName,
    external_id: one.externalId,
    body: JSON.stringify({ names, active }),
    version: one.version,
    changed_ms: one.changedMs,
  };
  await queries
    .insertInto("provisioned_people")
    .values({ person_id: one.personId, created_ms: one.createdMs, ...changed })
    .onConflict((conflict) => conflict.column("person_id").doUpdateSet(changed))
    .execute();
}

export async function deleteProvisioned(queries: Queries, personId: string): Promise<void> {
  await queries.deleteFrom("provisioned_members").where("person_id", "=", personId).execute();
  await queries.deleteFrom("provisioned_people").where("person_id", "=", personId).execute();
}

export async function listGroups(queries: Queries): Promise<readonly ProvisionedGroup[]> {
  const members = await queries.selectFrom("provisioned_members").selectAll().execute();
  const byGroup = Map.groupBy(members, ({ group_id: group }) => group);
  const rows = await queries
    .selectFrom("provisioned_groups")
    .selectAll()
    .orderBy("created_ms")
    .orderBy("id")
    .execute();
  return rows.map(({ id, name, version, ...row }) => ({
    ...{ id, name, version, externalId: row.external_id },
    members: (byGroup.get(id) ?? []).map(({ person_id: person }) => person).sort(),
    ...{ createdMs: Number(row.created_ms), changedMs: Number(row.changed_ms) },
  }));
}

/** @throws UniqueViolation if the name is taken */
export async function writeGroup(queries: Queries, group: ProvisionedGroup): Promise<void> {
  const { id, name, externalId: external_id, version, members } = group;
  const changed = { name, external_id, version, changed_ms: group.changedMs };
  await queries
    .insertInto("provisioned_groups")
    .values({ id, created_ms: group.createdMs, ...changed })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(changed))
    .execute();
  await queries.deleteFrom("provisioned_members").where("group_id", "=", id).execute();
  for (let at = 0; at < members.length; at += ROWS_AT_ONCE) {
    const rows = members
      .slice(at, at + ROWS_AT_ONCE)
      .map((person_id) => ({ group_id: id, person_id }));
    await queries.insertInto("provisioned_members").values(rows).execute();
  }
}

/** Parameters of one statement are bounded. */
const ROWS_AT_ONCE = 200;

export async function deleteGroup(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom("provisioned_members").where("group_id", "=", id).execute();
  await queries.deleteFrom("provisioned_groups").where("id", "=", id).execute();
}
