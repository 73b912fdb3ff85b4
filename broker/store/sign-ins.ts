import type { Selectable } from "kysely";
import type { ProviderProof, SignIn } from "./model.ts";
import type { Queries, SignInsTable } from "./schema.ts";

/** A sign-in with the SHA-256 of its token. */
export interface KeptSignIn {
  readonly signIn: SignIn;
  readonly tokenHash: string;
}

export async function insertSignIn(queries: Queries, kept: KeptSignIn): Promise<void> {
  const { signIn, tokenHash } = kept;
  await queries
    .insertInto("sign_ins")
    .values({
      id: signIn.id,
      token_hash: tokenHash,
      person_id: signIn.personId,
      passkey_id: signIn.passkeyId,
      address: signIn.address,
      user_agent: signIn.userAgent,
      created_ms: signIn.createdMs,
      last_seen_ms: signIn.lastSeenMs,
      asserted_ms: signIn.assertedMs,
      absolute_ends_ms: signIn.absoluteEndsMs,
      machine: signIn.machine?.name ?? null,
      key_thumbprint: signIn.machine?.keyThumbprint ?? null,
      device_id: signIn.deviceId ?? null,
      ...providerColumns(signIn.provider),
    })
    .execute();
}

export async function listSignIns(queries: Queries): Promise<readonly KeptSignIn[]> {
  const rows = await queries
    .selectFrom("sign_ins")
    .leftJoin("passkeys", "passkeys.id", "sign_ins.passkey_id")
    .selectAll("sign_ins")
    .select("passkeys.backup_eligible")
    .execute();
  return rows.map((row) => ({
    // A key that is gone is the weaker kind.
    signIn: toSignIn(row, row.backup_eligible !== 0),
    tokenHash: row.token_hash,
  }));
}

/** A new token after a step-up; false if the sign-in is gone. */
export async function rotateSignIn(queries: Queries, kept: KeptSignIn): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("sign_ins")
    .set({
      token_hash: kept.tokenHash,
      passkey_id: kept.signIn.passkeyId,
      asserted_ms: kept.signIn.assertedMs,
      last_seen_ms: kept.signIn.lastSeenMs,
      absolute_ends_ms: kept.signIn.absoluteEndsMs,
      device_id: kept.signIn.deviceId ?? null,
    })
    .where("id", "=", kept.signIn.id)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function updateLastSeen(
  queries: Queries,
  id: string,
  lastSeenMs: number,
): Promise<void> {
  await queries
    .updateTable("sign_ins")
    .set({ last_seen_ms: lastSeenMs })
    .where("id", "=", id)
    .execute();
}

export async function deleteSignIn(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom("sign_ins").where("id", "=", id).execute();
}

export async function deleteSignInsOf(queries: Queries, personId: string): Promise<void> {
  await queries.deleteFrom("sign_ins").where("person_id", "=", personId).execute();
}

function toSignIn(row: Selectable<SignInsTable>, synced: boolean): SignIn {
  return {
    id: row.id,
    personId: row.person_id,
    passkeyId: row.passkey_id,
    address: row.address,
    userAgent: row.user_agent,
    createdMs: Number(row.created_ms),
    lastSeenMs: Number(row.last_seen_ms),
    assertedMs: Number(row.asserted_ms),
    synced,
    absoluteEndsMs: Number(row.absolute_ends_ms),
    ...(row.key_thumbprint !== null && {
      machine: { name: row.machine ?? "", keyThumbprint: row.key_thumbprint },
    }),
    ...(row.device_id !== null && { deviceId: row.device_id }),
    ...providerOf(row),
  };
}

function providerColumns(provider: ProviderProof | undefined) {
  return {
    provider_issuer: provider?.issuer ?? null,
    provider_subject: provider?.subject ?? null,
    provider_sid: provider?.sid ?? null,
    provider_issued_s: provider?.issuedS ?? null,
  };
}

function providerOf(row: Selectable<SignInsTable>): Pick<SignIn, "provider"> {
  const { provider_issuer: issuer, provider_subject: subject, provider_sid: sid } = row;
  if (issuer === null || subject === null) return {};
  const issuedS = Number(row.provider_issued_s);
  return { provider: { issuer, subject, issuedS, ...(sid !== null && { sid }) } };
}
