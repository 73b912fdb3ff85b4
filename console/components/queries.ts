/** What the console fetches, under keys that the live channel's `changed` can name. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  QueryCache,
  QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import type { PlantView } from "../../broker/api/shapes/plant.ts";
import type { Term } from "../../protocols/search/terms.ts";
import { api, type EventsAsked, type RecordingsAsked } from "./api.ts";
import { freshPlant } from "./fresh-plant.ts";
import { ApiProblem } from "./problem.ts";
import { leaveForSignIn } from "./signed-out.ts";

/** The live channel tells what changed; this only covers a broker that was away for a moment. */
const STALE_MS = 30_000;
/** Health has no topic of its own on the live channel. */
const HEALTH_EVERY_MS = 5_000;
const RETRIES_MAX = 2;
const RETRY_DELAY_MS = 600;

/** A refusal stays a refusal; only a broker that was not there is worth asking again. */
function worthRetrying(failures: number, thrown: Error): boolean {
  const unreachable = thrown instanceof ApiProblem && (thrown.status === 0 || thrown.status > 500);
  return unreachable && failures < RETRIES_MAX;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: STALE_MS, retry: worthRetrying, retryDelay: RETRY_DELAY_MS },
  },
  queryCache: new QueryCache({
    onError: (thrown) => {
      if (thrown instanceof ApiProblem && thrown.status === 401) leaveForSignIn();
    },
  }),
});

export const meQuery = queryOptions({ queryKey: ["me"], queryFn: api.me });
export const passkeysQuery = queryOptions({ queryKey: ["me", "passkeys"], queryFn: api.passkeys });
export const signInsQuery = queryOptions({ queryKey: ["me", "sign-ins"], queryFn: api.signIns });
const PLANT = ["plant"] as const;
export const plantQuery = queryOptions({
  queryKey: PLANT,
  queryFn: ({ client }) => freshPlant(client.getQueryData<PlantView>(PLANT)),
});
/** Under the key of the plant: one topic refreshes both. */
export function assetTagsQuery(asset: string) {
  return queryOptions({
    queryKey: ["plant", "tags", asset],
    queryFn: () => api.assetTags(asset),
  });
}
export const sessionsQuery = queryOptions({ queryKey: ["sessions"], queryFn: api.sessions });
/** What one reads at once; older ones are fetched when somebody asks for them. */
const RECORDINGS_A_PAGE = 100;

/** Narrowed by the broker, over all there are. */
export function recordingsQuery(narrowed: Omit<RecordingsAsked, "limit" | "after">) {
  return infiniteQueryOptions({
    queryKey: ["recordings", "list", narrowed],
    queryFn: ({ pageParam }) =>
      api.recordings({
        ...narrowed,
        limit: String(RECORDINGS_A_PAGE),
        ...(pageParam !== "" && { after: pageParam }),
      }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.length < RECORDINGS_A_PAGE ? undefined : page.at(-1)?.id),
    placeholderData: keepPreviousData,
  });
}
export const recordingChoicesQuery = queryOptions({
  queryKey: ["recordings", "choices"],
  queryFn: api.recordingChoices,
});
export const peopleQuery = queryOptions({ queryKey: ["people"], queryFn: api.people });
export const workloadsQuery = queryOptions({
  queryKey: ["people", "workloads"],
  queryFn: api.workloads,
});
export const recoveriesQuery = queryOptions({
  queryKey: ["people", "recoveries"],
  queryFn: api.recoveries,
});
export const grantsQuery = queryOptions({ queryKey: ["grants"], queryFn: api.grants });
export const myGrantsQuery = queryOptions({ queryKey: ["grants", "mine"], queryFn: api.myGrants });
export const requestsQuery = queryOptions({ queryKey: ["requests"], queryFn: api.requests });
export const requestChoicesQuery = queryOptions({
  queryKey: ["plant", "request-choices"],
  queryFn: api.requestChoices,
});
export const vendorsQuery = queryOptions({
  queryKey: ["people", "vendors"],
  queryFn: api.vendors,
});
export const figuresQuery = queryOptions({ queryKey: ["figures"], queryFn: api.figures });
export const reviewQuery = queryOptions({ queryKey: ["grants", "review"], queryFn: api.review });
export const policiesQuery = queryOptions({
  queryKey: ["people", "policies"],
  queryFn: api.policies,
});
/** A version never changes. */
export const policyVersionQuery = (sequence: number) =>
  queryOptions({
    queryKey: ["policy-version", sequence],
    queryFn: () => api.policyVersion(sequence),
    staleTime: Number.POSITIVE_INFINITY,
  });
/** What one reads at once; older ones are fetched when somebody asks for them. */
const EVENTS_A_PAGE = 200;

/** Narrowed by the broker: what one looks for may be years old. */
export function eventsQuery(narrowed: Pick<EventsAsked, "priority" | "contains">) {
  return infiniteQueryOptions({
    queryKey: ["events", narrowed],
    queryFn: ({ pageParam }) =>
      api.events({
        ...narrowed,
        limit: String(EVENTS_A_PAGE),
        ...(pageParam !== "" && { before: pageParam }),
      }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.length < EVENTS_A_PAGE ? undefined : page.at(-1)?.id),
    placeholderData: keepPreviousData,
  });
}
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: api.health,
  refetchInterval: HEALTH_EVERY_MS,
});

export const integrationsQuery = queryOptions({
  queryKey: ["integrations"],
  queryFn: api.integrations,
  refetchInterval: HEALTH_EVERY_MS,
});

export function sessionQuery(id: string) {
  return queryOptions({ queryKey: ["sessions", id], queryFn: () => api.session(id) });
}

/** Hits that a page of results shows before it asks for more. */
const HITS_A_PAGE = 50;

/** Not fetched again by itself: what was found stays as it was when it was asked for. */
export function searchQuery(terms: readonly Term[]) {
  return infiniteQueryOptions({
    queryKey: ["search", terms],
    queryFn: ({ pageParam }) =>
      api.search({
        terms: [...terms],
        limit: HITS_A_PAGE,
        ...(pageParam === "" ? {} : { cursor: pageParam }),
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function recordingQuery(id: string) {
  return queryOptions({ queryKey: ["recordings", id], queryFn: () => api.recording(id) });
}
