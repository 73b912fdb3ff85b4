import type { Selectable } from "kysely";
import { listOpenAgreements } from "./grant-agreement.ts";
import type { ConsoleGrant, SessionNeed, WeeklyWindow } from "./model.ts";
import type { GrantsTable, Queries } from "./schema.ts";

export async function insertGrant(queries: Queries, grant: ConsoleGrant): Promise<void> {
  await queries
    .insertInto("grants")
    .values({
      id: grant.id,
      person_id: grant.personId,
      endpoint: grant.endpoint,
      profile: grant.profile,
      from_ms: grant.fromMs,
      until_ms: grant.untilMs,
      reason: grant.reason,
      created_by: grant.createdBy,
      created_ms: grant.createdMs,
      revoked_ms: grant.revokedMs,
      revoked_by: grant.revokedBy,
      request_id: grant.requestId,
      weekly: grant.weekly && JSON.stringify(grant.weekly),
      sessions_max: grant.sessionsMax,
      needs: grant.needs ? JSON.stringify(grant.needs) : null,
    })
    .execute();
}

/** Newest first, ended and revoked ones too. */
export async function listGrants(
  queries: Queries,
  limit: number,
): Promise<readonly ConsoleGrant[]> {
  const rows = await queries
    .selectFrom("grants")
    .selectAll()
    .orderBy("created_ms", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(toGrant);
}

/** Made on approval of this request, in any state. */
export async function listGrantsOf(
  queries: Queries,
  requestId: string,
): Promise<readonly ConsoleGrant[]> {
  const rows = await queries
    .selectFrom("grants")
    .selectAll()
    .where("request_id", "=", requestId)
    .execute();
  return rows.map(toGrant);
}

/** Neither revoked nor ended; each with what it rests on. */
export async function listOpenGrants(
  queries: Queries,
  nowMs: number,
): Promise<readonly ConsoleGrant[]> {
  const rows = await queries
    .selectFrom("grants")
    .selectAll()
    .where("revoked_ms", "is", null)
    .where("until_ms", ">", nowMs)
    .execute();
  const agreements = await listOpenAgreements(queries, nowMs);
  return rows.map((row) => {
    const agreement = row.request_id === null ? undefined : agreements.get(row.request_id);
    return { ...toGrant(row), ...(agreement && { agreement }) };
  });
}

/** Its end moved; false if it was revoked before. */
export async function moveGrantEnd(
  queries: Queries,
  id: string,
  untilMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("grants")
    .set({ until_ms: untilMs })
    .where("id", "=", id)
    .where("revoked_ms", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False if it was revoked before. */
export async function revokeGrant(
  queries: Queries,
  id: string,
  revocation: { readonly by: string; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("grants")
    .set({ revoked_by: revocation.by, revoked_ms: revocation.atMs })
    .where("id", "=", id)
    .where("revoked_ms", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function toGrant(row: Selectable<GrantsTable>): ConsoleGrant {
  return {
    id: row.id,
    personId: row.person_id,
    endpoint: row.endpoint,
    profile: row.profile,
    fromMs: Number(row.from_ms),
    untilMs: Number(row.until_ms),
    reason: row.reason,
    createdBy: row.created_by,
    createdMs: Number(row.created_ms),
    revokedMs: row.revoked_ms,
    revokedBy: row.revoked_by,
    requestId: row.request_id,
    weekly: row.weekly === null ? null : (JSON.parse(row.weekly) as WeeklyWindow[]),
    sessionsMax: row.sessions_max,
    ...(row.needs !== null && { needs: JSON.parse(row.needs) as SessionNeed[] }),
  };
}
