import type { Selectable } from "kysely";
import type { Recovery } from "./model.ts";
import type { Queries, RecoveriesTable } from "./schema.ts";

export async function insertRecovery(queries: Queries, recovery: Recovery): Promise<void> {
  await queries
    .insertInto("recoveries")
    .values({
      id: recovery.id,
      person_id: recovery.personId,
      requested_by: recovery.requestedBy,
      requested_ms: recovery.requestedMs,
      expires_ms: recovery.expiresMs,
      reason: recovery.reason,
      approved_by: null,
      approved_ms: null,
    })
    .execute();
}

/** Neither approved nor expired, newest first. */
export async function listOpenRecoveries(
  queries: Queries,
  nowMs: number,
): Promise<readonly Recovery[]> {
  const rows = await queries
    .selectFrom("recoveries")
    .selectAll()
    .where("approved_ms", "is", null)
    .where("expires_ms", ">", nowMs)
    .orderBy("requested_ms", "desc")
    .orderBy("id")
    .execute();
  return rows.map(toRecovery);
}

/** Approves in one statement: of two approvals only one gets true. */
export async function approveRecovery(
  queries: Queries,
  id: string,
  approval: { readonly by: string; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("recoveries")
    .set({ approved_by: approval.by, approved_ms: approval.atMs })
    .where("id", "=", id)
    .where("approved_ms", "is", null)
    .where("expires_ms", ">", approval.atMs)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function toRecovery(row: Selectable<RecoveriesTable>): Recovery {
  return {
    id: row.id,
    personId: row.person_id,
    requestedBy: row.requested_by,
    requestedMs: Number(row.requested_ms),
    expiresMs: Number(row.expires_ms),
    reason: row.reason,
  };
}
