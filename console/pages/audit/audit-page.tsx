/** The site log: how it is, and every entry in it with its proof, checked in this browser. */
import { Button, Group } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { Link, useLocation, useSearchParams } from "react-router";
import type { LogStateView } from "../../../broker/api/shapes/log.ts";
import { useRight } from "../../components/me.ts";
import { Page } from "../../components/page.tsx";
import { queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import {
  type LogFilter,
  logEntries,
  logEntry,
  logExportAddress,
  logStateQuery,
} from "../../components/site-log.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty, Loading, ProblemNotice } from "../../components/states.tsx";
import { auditText as words } from "../../text/audit.ts";
import type { Trust } from "./check-log.ts";
import { asked, EntryFilters, FILTERS } from "./entry-filters.tsx";
import { EntryTable } from "./entry-table.tsx";
import { LogPanels } from "./log-panels.tsx";
import { keepPolicy, ownPolicy } from "./remembered.ts";
import { type Continuity, useCheckedPages, useContinuity, useTrust } from "./use-log-checks.ts";
import "./audit.css";

export function AuditPage() {
  const query = useQuery(logStateQuery);
  const [policy, setPolicy] = useState(ownPolicy);
  const trust = useTrust(query.data, policy);
  const continuity = useContinuity(query.data, trust);
  const mayRead = useRight("log:view");
  function choosePolicy(text: string | null) {
    keepPolicy(text);
    setPolicy(text);
  }
  return (
    <Page title={words.title} summary={query.data ? words.summary(sizeOf(query.data)) : ""}>
      <QueryView query={query} failed={words.stateFailed}>
        {(state) => (
          <>
            <Broken continuity={continuity.data} />
            <LogPanels
              state={state}
              trust={trust}
              continuity={continuity.data}
              onPolicy={choosePolicy}
            />
            {mayRead ? (
              <Arrived state={state} trust={trust} />
            ) : (
              <p className="sp-dim">{words.onlyState}</p>
            )}
          </>
        )}
      </QueryView>
    </Page>
  );
}

function sizeOf({ logs }: LogStateView): number {
  return logs.reduce((sum, { size }) => sum + size, 0);
}

function Broken({ continuity }: { readonly continuity: readonly Continuity[] | undefined }) {
  const broken = continuity?.flatMap((one) => (one.kind === "broken" ? [one] : [])) ?? [];
  if (broken.length === 0) return null;
  const { browser: own } = words;
  return (
    <div className="au-alarm" role="alert">
      <StateBadge tone="alarm" word={own.broken} />
      {broken.map(({ reason, detail }) => (
        <p key={`${reason} ${detail}`}>
          {own.faults[reason]} <span className="sp-mono">{detail}</span>
        </p>
      ))}
      <p>{own.keepFolder}</p>
    </div>
  );
}

interface EntriesProps {
  readonly state: LogStateView;
  readonly trust: Trust | undefined;
}

/** Marks the changes of the address that this page makes itself. */
const OWN = { ownFilter: true };

/** Anew, with the filter of the address, whenever someone comes here by a link. */
function Arrived(props: EntriesProps) {
  const { key, state } = useLocation();
  const [arrival, setArrival] = useState(key);
  if (state?.ownFilter !== true && arrival !== key) setArrival(key);
  return <Entries key={arrival} {...props} />;
}

const ENTRIES = "log-entries";

function useChange(value: number, changed: () => void): void {
  const [known, setKnown] = useState(value);
  useEffect(() => {
    if (known === value) return;
    setKnown(value);
    changed();
  });
}

/** Typing does not ask the broker at each key. */
const TYPING_MS = 250;

function Entries({ state, trust }: EntriesProps) {
  const { filter, setFilter, only, open, setOpen } = useAddress();
  const [settledText] = useDebouncedValue(JSON.stringify(filter), TYPING_MS);
  const settled = useMemo(() => JSON.parse(settledText) as LogFilter, [settledText]);
  const query = useInfiniteQuery({
    queryKey: [ENTRIES, only, settled],
    queryFn: ({ pageParam }) => (only ? logEntry(only) : logEntries(asked(settled), pageParam)),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (before) => before,
  });
  const pages = query.data?.pages ?? [];
  const checks = useCheckedPages(pages, trust).data;
  const { indexed, of } = state.index;
  // Entries are shown once a checkpoint covers them and they can be found.
  useChange(indexed, () => void queryClient.invalidateQueries({ queryKey: [ENTRIES] }));
  const retry = () => void query.refetch();
  return (
    <section aria-label={words.table.label}>
      <EntryFilters filter={filter} onChange={setFilter} />
      <Group justify="space-between" mb={6}>
        <span className="sp-dim" role="status">
          {indexed < of ? words.indexing(indexed, of) : ""}
          {only !== null && <Link to="/audit">{words.all}</Link>}
        </span>
        <Button
          component="a"
          href={logExportAddress(asked(filter))}
          download
          size="compact-sm"
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          {words.export}
        </Button>
      </Group>
      {query.error && <ProblemNotice thrown={query.error} title={words.failed} onRetry={retry} />}
      {query.data === undefined && !query.error && <Loading />}
      <Misfits checks={checks} />
      {query.data && pages.every(({ entries }) => entries.length === 0) ? (
        <Empty title={words.emptyTitle}>{words.empty}</Empty>
      ) : (
        <EntryTable pages={pages} checks={checks} open={open} onOpen={setOpen} />
      )}
      {query.hasNextPage && (
        <Group justify="center" py="xs">
          <Button
            variant="default"
            size="xs"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {words.older}
          </Button>
        </Group>
      )}
    </section>
  );
}

function Misfits({ checks }: { readonly checks: ReturnType<typeof useCheckedPages>["data"] }) {
  const bad = [...(checks?.entries.values() ?? [])].filter(({ kind }) => kind === "bad").length;
  if (bad === 0) return null;
  return (
    <div className="au-alarm" role="alert">
      <StateBadge tone="alarm" word={words.proof.alarm(bad)} />
      <p>{words.proof.alarmAdvice}</p>
    </div>
  );
}

/**
 * The filter, and the one entry that a link names, from the address. Kept here, so that typing
 * never waits for the address, which only follows.
 */
function useAddress() {
  const [search, setSearch] = useSearchParams();
  const only = search.get("entry");
  const [open, setOpen] = useState(only);
  const [filter, keep] = useState<LogFilter>(() =>
    Object.fromEntries(FILTERS.map((name) => [name, search.get(name) ?? ""])),
  );
  function setFilter(next: LogFilter) {
    keep(next);
    const given = Object.entries(next).filter(([, value]) => value !== "");
    const options = { replace: true, preventScrollReset: true, state: OWN };
    setSearch(Object.fromEntries(given), options);
  }
  return { filter, setFilter, only, open, setOpen };
}
