import type { Selectable } from "kysely";
import type { Passkey } from "./model.ts";
import type { PasskeysTable, Queries } from "./schema.ts";

/** @throws UniqueViolation if the credential is enrolled already, for whomever */
export async function insertPasskey(queries: Queries, passkey: Passkey): Promise<void> {
  await queries
    .insertInto("passkeys")
    .values({
      id: passkey.id,
      person_id: passkey.personId,
      label: passkey.label,
      rp_id: passkey.rpId,
      public_key: passkey.publicKey,
      algorithm: passkey.algorithm,
      counter: passkey.counter,
      transports: passkey.transports.join(" "),
      aaguid: passkey.aaguid,
      user_verified: passkey.userVerified ? 1 : 0,
      backup_eligible: passkey.backupEligible ? 1 : 0,
      backed_up: passkey.backedUp ? 1 : 0,
      created_ms: passkey.createdMs,
      last_used_ms: passkey.lastUsedMs,
    })
    .execute();
}

export async function findPasskey(queries: Queries, id: string): Promise<Passkey | undefined> {
  const row = await queries
    .selectFrom("passkeys")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row && toPasskey(row);
}

export async function listPasskeys(
  queries: Queries,
  personId: string,
): Promise<readonly Passkey[]> {
  const rows = await queries
    .selectFrom("passkeys")
    .selectAll()
    .where("person_id", "=", personId)
    .orderBy("created_ms")
    .orderBy("id")
    .execute();
  return rows.map(toPasskey);
}

export async function countPasskeys(queries: Queries): Promise<number> {
  const { number } = await queries
    .selectFrom("passkeys")
    .select((count) => count.fn.countAll<number>().as("number"))
    .executeTakeFirstOrThrow();
  return Number(number);
}

/** RP IDs for which passkeys exist. */
export async function rpIds(queries: Queries): Promise<readonly string[]> {
  const rows = await queries.selectFrom("passkeys").select("rp_id").distinct().execute();
  return rows.map((row) => row.rp_id);
}

/**
 * Notes a use, unless the counter did not advance; false then. In one statement, so that of two
 * assertions with the same counter only one counts. Zero means the authenticator does not count.
 */
export async function notePasskeyUse(
  queries: Queries,
  id: string,
  use: { readonly counter: number; readonly backedUp: boolean; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("passkeys")
    .set({ counter: use.counter, backed_up: use.backedUp ? 1 : 0, last_used_ms: use.atMs })
    .where("id", "=", id)
    .where("counter", use.counter === 0 ? "=" : "<", use.counter)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False if the person has no such passkey. */
export async function deletePasskey(
  queries: Queries,
  personId: string,
  id: string,
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom("passkeys")
    .where("id", "=", id)
    .where("person_id", "=", personId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Returns how many there were. */
export async function deletePasskeysOf(queries: Queries, personId: string): Promise<number> {
  const { numDeletedRows } = await queries
    .deleteFrom("passkeys")
    .where("person_id", "=", personId)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function toPasskey(row: Selectable<PasskeysTable>): Passkey {
  return {
    id: row.id,
    personId: row.person_id,
    label: row.label,
    rpId: row.rp_id,
    publicKey: row.public_key,
    algorithm: row.algorithm,
    counter: Number(row.counter),
    transports: row.transports === "" ? [] : row.transports.split(" "),
    aaguid: row.aaguid,
    userVerified: row.user_verified === 1,
    backupEligible: row.backup_eligible === 1,
    backedUp: row.backed_up === 1,
    createdMs: Number(row.created_ms),
    lastUsedMs: row.last_used_ms,
  };
}
