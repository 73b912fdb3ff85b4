/** The three faces of anything fetched: loading, failed, there. Stale data stays while it is fetched again. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Loading, ProblemNotice } from "./states.tsx";

interface QueryViewProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** "The recordings could not be loaded" */
  readonly failed: string;
  readonly loading?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

export function QueryView<Data>({ query, failed, loading, children }: QueryViewProps<Data>) {
  const notice = query.error && (
    <ProblemNotice thrown={query.error} title={failed} onRetry={() => void query.refetch()} />
  );
  if (query.data === undefined) return notice ?? loading ?? <Loading />;
  return (
    <>
      {notice}
      {children(query.data)}
    </>
  );
}
