import type { Selectable } from "kysely";
import type { AccessRequest, RequestDecision, SessionNeed, WeeklyWindow } from "./model.ts";
import type { Queries, RequestDecisionsTable, RequestsTable } from "./schema.ts";

export async function insertRequest(queries: Queries, request: AccessRequest): Promise<void> {
  await queries
    .insertInto("requests")
    .values({
      id: request.id,
      person_id: request.personId,
      requested_by: request.requestedBy,
      endpoints: JSON.stringify(request.endpoints),
      profile: request.profile,
      from_ms: request.fromMs,
      until_ms: request.untilMs,
      duration_ms: request.durationMs,
      weekly: request.weekly && JSON.stringify(request.weekly),
      sessions_max: request.sessionsMax,
      grant_id: request.grantId,
      reason: request.reason,
      ticket: request.ticket,
      created_ms: request.createdMs,
      expires_ms: request.expiresMs,
      state: request.state,
      state_ms: request.stateMs,
    })
    .execute();
}

export async function findRequest(
  queries: Queries,
  id: string,
): Promise<AccessRequest | undefined> {
  const row = await queries
    .selectFrom("requests")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row && toRequest(row);
}

/** Newest first, in any state. */
export async function listRequests(
  queries: Queries,
  limit: number,
): Promise<readonly AccessRequest[]> {
  const rows = await queries
    .selectFrom("requests")
    .selectAll()
    .orderBy("created_ms", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(toRequest);
}

/** Waiting and not expired, of one who asks. */
export async function countWaiting(
  queries: Queries,
  requestedBy: string,
  nowMs: number,
): Promise<number> {
  const { number } = await queries
    .selectFrom("requests")
    .select((count) => count.fn.countAll<number>().as("number"))
    .where("requested_by", "=", requestedBy)
    .where("state", "=", "waiting")
    .where("expires_ms", ">", nowMs)
    .executeTakeFirstOrThrow();
  return Number(number);
}

/** In one statement: of two who change it at once only one gets true. */
export async function moveRequest(
  queries: Queries,
  id: string,
  move: { readonly from: AccessRequest["state"]; readonly to: AccessRequest["state"] },
  atMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("requests")
    .set({ state: move.to, state_ms: atMs })
    .where("id", "=", id)
    .where("state", "=", move.from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** @throws UniqueViolation if the person has decided about it already */
export async function insertDecision(queries: Queries, decision: RequestDecision): Promise<void> {
  await queries
    .insertInto("request_decisions")
    .values({
      id: decision.id,
      request_id: decision.requestId,
      person_id: decision.personId,
      decision: decision.decision,
      reason: decision.reason,
      at_ms: decision.atMs,
      action_id: decision.actionId,
      needs: decision.needs ? JSON.stringify(decision.needs) : null,
    })
    .execute();
}

/** Oldest first, of all these requests. */
export async function listDecisions(
  queries: Queries,
  requestIds: readonly string[],
): Promise<readonly RequestDecision[]> {
  if (requestIds.length === 0) return [];
  const rows = await queries
    .selectFrom("request_decisions")
    .selectAll()
    .where("request_id", "in", requestIds)
    .orderBy("at_ms")
    .orderBy("id")
    .execute();
  return rows.map(toDecision);
}

function toRequest(row: Selectable<RequestsTable>): AccessRequest {
  return {
    id: row.id,
    personId: row.person_id,
    requestedBy: row.requested_by,
    endpoints: JSON.parse(row.endpoints) as string[],
    profile: row.profile,
    fromMs: row.from_ms,
    untilMs: row.until_ms,
    durationMs: row.duration_ms,
    weekly: row.weekly === null ? null : (JSON.parse(row.weekly) as WeeklyWindow[]),
    sessionsMax: row.sessions_max,
    grantId: row.grant_id,
    reason: row.reason,
    ticket: row.ticket,
    createdMs: Number(row.created_ms),
    expiresMs: Number(row.expires_ms),
    state: row.state as AccessRequest["state"],
    stateMs: Number(row.state_ms),
  };
}

function toDecision(row: Selectable<RequestDecisionsTable>): RequestDecision {
  return {
    id: row.id,
    requestId: row.request_id,
    personId: row.person_id,
    decision: row.decision as RequestDecision["decision"],
    reason: row.reason,
    atMs: Number(row.at_ms),
    actionId: row.action_id,
    ...(row.needs !== null && { needs: JSON.parse(row.needs) as SessionNeed[] }),
  };
}
