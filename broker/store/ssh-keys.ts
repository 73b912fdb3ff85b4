/** Public keys that people registered for their own SSH clients. */
import type { Selectable } from "kysely";
import type { Queries, SshKeysTable } from "./schema.ts";

export interface SshKey {
  readonly id: string;
  readonly personId: string;
  readonly label: string;
  /** Algorithm and base64, as in a `.pub` file without its comment. */
  readonly publicKey: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
  /** The signed act that registered it. */
  readonly actionId: string;
  readonly addedMs: number;
  readonly usedMs: number | null;
}

export async function insertSshKey(queries: Queries, key: SshKey): Promise<void> {
  await queries
    .insertInto("ssh_keys")
    .values({
      ...{ id: key.id, person_id: key.personId, label: key.label, public_key: key.publicKey },
      ...{ fingerprint: key.fingerprint, action_id: key.actionId },
      ...{ added_ms: key.addedMs, used_ms: key.usedMs },
    })
    .execute();
}

export async function listSshKeys(queries: Queries, personId: string): Promise<readonly SshKey[]> {
  const rows = await queries
    .selectFrom("ssh_keys")
    .selectAll()
    .where("person_id", "=", personId)
    .orderBy("added_ms")
    .execute();
  return rows.map(toKey);
}

/** Of a person who is active: the keys of others prove nothing. */
export async function findSshKey(
  queries: Queries,
  fingerprint: string,
): Promise<SshKey | undefined> {
  const row = await queries
    .selectFrom("ssh_keys")
    .innerJoin("people", "people.id", "ssh_keys.person_id")
    .selectAll("ssh_keys")
    .where("ssh_keys.fingerprint", "=", fingerprint)
    .where("people.disabled_ms", "is", null)
    .executeTakeFirst();
  return row && toKey(row);
}

export async function isRegistered(queries: Queries, fingerprint: string): Promise<boolean> {
  const row = await queries
    .selectFrom("ssh_keys")
    .select("id")
    .where("fingerprint", "=", fingerprint)
    .executeTakeFirst();
  return row !== undefined;
}

/** Undefined where the person has no such key. */
export async function dropSshKey(
  queries: Queries,
  personId: string,
  id: string,
): Promise<SshKey | undefined> {
  const row = await queries
    .deleteFrom("ssh_keys")
    .where("id", "=", id)
    .where("person_id", "=", personId)
    .returningAll()
    .executeTakeFirst();
  return row && toKey(row);
}

export async function noteSshKeyUsed(queries: Queries, id: string, atMs: number): Promise<void> {
  await queries.updateTable("ssh_keys").set({ used_ms: atMs }).where("id", "=", id).execute();
}

function toKey(row: Selectable<SshKeysTable>): SshKey {
  return {
    ...{ id: row.id, personId: row.person_id, label: row.label, publicKey: row.public_key },
    ...{ fingerprint: row.fingerprint, actionId: row.action_id, addedMs: Number(row.added_ms) },
    usedMs: row.used_ms === null ? null : Number(row.used_ms),
  };
}
