import type { QueryClient } from "@tanstack/react-query";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";

/** Of the list; each session asked for by itself stands below it. */
const KEY = ["sessions"] as const;

/** The list first: a session that it names no more has ended, and its page knows without asking. */
export async function refreshSessions(client: QueryClient): Promise<void> {
  await client.invalidateQueries({ queryKey: KEY, exact: true });
  const list = client.getQueryData<readonly LiveSessionView[]>(KEY);
  const isGone = (id: unknown) => list !== undefined && !list.some((each) => each.id === id);
  await client.invalidateQueries({
    queryKey: KEY,
    predicate: ({ queryKey }) => queryKey.length > 1 && !isGone(queryKey[1]),
  });
}
