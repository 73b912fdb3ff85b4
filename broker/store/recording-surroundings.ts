/** What recordings do not say of themselves, as a search asks it: employers, requests, tickets. */
import type { Queries } from "./schema.ts";

export interface GrantRequest {
  readonly grant: string;
  readonly id: string;
  readonly ticket: string;
}

/** The requests that grants came from, and those for more time of a grant. */
export async function listGrantRequests(queries: Queries): Promise<readonly GrantRequest[]> {
  const columns = ["requests.id as id", "requests.ticket as ticket"] as const;
  const made = await queries
    .selectFrom("grants")
    .innerJoin("requests", "requests.id", "grants.request_id")
    .select(["grants.id as grant", ...columns])
    .execute();
  const prolonged = await queries
    .selectFrom("requests")
    .where("grant_id", "is not", null)
    .select(["grant_id as grant", ...columns])
    .execute();
  return [...made, ...prolonged].flatMap(({ grant, id, ticket }) =>
    grant === null ? [] : [{ grant, id, ticket }],
  );
}

/** Of each person, by id. */
export async function listEmployers(queries: Queries): Promise<ReadonlyMap<string, string>> {
  const rows = await queries.selectFrom("people").select(["id", "employer"]).execute();
  return new Map(rows.map(({ id, employer }) => [id, employer]));
}
