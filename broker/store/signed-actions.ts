import type { Selectable } from "kysely";
import type { SignedAction } from "./model.ts";
import type { Queries, SignedActionsTable } from "./schema.ts";

export async function insertSignedAction(queries: Queries, action: SignedAction): Promise<void> {
  await queries
    .insertInto("signed_actions")
    .values({
      id: action.id,
      purpose: action.purpose,
      text: action.text,
      person_id: action.personId,
      passkey_id: action.passkeyId,
      rp_id: action.rpId,
      public_key: action.publicKey,
      algorithm: action.algorithm,
      client_data: action.clientDataJson,
      authenticator_data: action.authenticatorData,
      signature: action.signature,
      at_ms: action.atMs,
    })
    .execute();
}

export async function findSignedAction(
  queries: Queries,
  id: string,
): Promise<SignedAction | undefined> {
  const row = await queries
    .selectFrom("signed_actions")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row && toSignedAction(row);
}

export function toSignedAction(row: Selectable<SignedActionsTable>): SignedAction {
  return {
    id: row.id,
    purpose: row.purpose,
    text: row.text,
    personId: row.person_id,
    passkeyId: row.passkey_id,
    rpId: row.rp_id,
    publicKey: row.public_key,
    algorithm: row.algorithm,
    clientDataJson: row.client_data,
    authenticatorData: row.authenticator_data,
    signature: row.signature,
    atMs: Number(row.at_ms),
  };
}
