import type { Queries } from "./schema.ts";

/** How a grant of the console came about; those of the plant file are explained there. */
export interface GrantBasis {
  readonly id: string;
  readonly madeBy: string;
  readonly reason: string;
  readonly request: {
    readonly id: string;
    readonly askedBy: string;
    readonly reason: string;
    readonly ticket: string;
    readonly decisions: readonly {
      readonly by: string;
      readonly decision: "approve" | "refuse";
      readonly reason: string;
      readonly atMs: number;
      readonly actionId: string;
    }[];
  } | null;
}

export async function grantBasis(queries: Queries, id: string): Promise<GrantBasis | undefined> {
  const grant = await queries
    .selectFrom("grants")
    .innerJoin("people", "people.id", "grants.created_by")
    .select(["grants.reason", "grants.request_id", "people.name"])
    .where("grants.id", "=", id)
    .executeTakeFirst();
  if (grant === undefined) return undefined;
  const { request_id: requestId } = grant;
  const request = requestId === null ? null : await requestBasis(queries, requestId);
  return { id, madeBy: grant.name, reason: grant.reason, request };
}

async function requestBasis(queries: Queries, id: string): Promise<GrantBasis["request"]> {
  const request = await queries
    .selectFrom("requests")
    .innerJoin("people", "people.id", "requests.requested_by")
    .select(["requests.reason", "requests.ticket", "people.name"])
    .where("requests.id", "=", id)
    .executeTakeFirst();
  if (request === undefined) return null;
  const decisions = await queries
    .selectFrom("request_decisions")
    .innerJoin("people", "people.id", "request_decisions.person_id")
    .selectAll("request_decisions")
    .select("people.name")
    .where("request_id", "=", id)
    .orderBy("at_ms")
    .execute();
  return {
    ...{ id, askedBy: request.name, reason: request.reason, ticket: request.ticket },
    decisions: decisions.map((one) => ({
      by: one.name,
      decision: one.decision === "approve" ? "approve" : "refuse",
      reason: one.reason,
      atMs: Number(one.at_ms),
      actionId: one.action_id,
    })),
  };
}
