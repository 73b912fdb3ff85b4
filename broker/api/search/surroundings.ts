import type { Term } from "../../../protocols/search/terms.ts";
import type { Surroundings } from "../../evidence/search/recording-filter.ts";
import { listEmployers, listGrantRequests } from "../../store/recording-surroundings.ts";
import type { Queries } from "../../store/schema.ts";

/** Reads from the database only what the terms ask for. */
export async function surroundingsOf(
  queries: Queries,
  terms: readonly Term[],
): Promise<Surroundings> {
  const has = (...fields: readonly string[]) => terms.some(({ field }) => fields.includes(field));
  const employers = has("employer") ? await listEmployers(queries) : undefined;
  const requests = has("request", "ticket") ? await listGrantRequests(queries) : [];
  const byGrant = Map.groupBy(requests, ({ grant }) => grant);
  return {
    employer: (person) => employers?.get(person),
    requests: (grant) => byGrant.get(grant) ?? [],
  };
}
