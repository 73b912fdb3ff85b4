/** What needs a person, the most urgent first; what did; and every kind there is. */
import { Button, Group, NativeSelect, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { AlarmView } from "../../../broker/api/shapes/alarms.ts";
import { alarmsQuery, isUnseen, pastAlarms, useAlarmSites } from "../../components/alarms.ts";
import { FilterField } from "../../components/filter-field.tsx";
import { Page } from "../../components/page.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Empty, Loading, ProblemNotice } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { alarmsText as words } from "../../text/alarms.ts";
import { AlarmKinds } from "./alarm-kinds.tsx";
import { OpenAlarms, PastAlarms } from "./alarm-table.tsx";
import "./alarms.css";

const VIEWS = ["open", "past", "kinds"] as const;
type View = (typeof VIEWS)[number];

interface Filter {
  readonly text: string;
  readonly priority: string;
  /** Id of one; empty: all. */
  readonly site: string;
}

const NO_FILTER: Filter = { text: "", priority: "", site: "" };

export function AlarmsPage() {
  const { data } = useQuery(alarmsQuery);
  const [search, setSearch] = useSearchParams();
  const view = VIEWS.find((each) => each === search.get("view")) ?? "open";
  const [filter, setFilter] = useState(NO_FILTER);
  const sites = useAlarmSites();
  const open = data?.filter(({ state }) => state !== "shelved").length ?? 0;
  return (
    <Page
      title={words.title}
      summary={data ? words.summary(open, data.filter(isUnseen).length) : ""}
    >
      <div className="sp-toolbar">
        <SegmentedControl
          size="xs"
          aria-label={words.view.label}
          value={view}
          onChange={(chosen) => setSearch(chosen === "open" ? {} : { view: chosen })}
          data={VIEWS.map((value) => ({ value, label: words.view[value] }))}
        />
        <FilterField
          value={filter.text}
          onChange={(text) => setFilter({ ...filter, text })}
          label={words.filter}
        />
        {view !== "kinds" && (
          <NativeSelect
            aria-label={words.priorityLabel}
            data={[
              { value: "", label: words.anyPriority },
              ...Object.entries(words.priority).map(([value, label]) => ({ value, label })),
            ]}
            value={filter.priority}
            onChange={(event) => setFilter({ ...filter, priority: event.currentTarget.value })}
          />
        )}
        {view !== "kinds" && sites.length > 0 && (
          <NativeSelect
            aria-label={words.siteLabel}
            data={[
              { value: "", label: words.anySite },
              ...sites.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={filter.site}
            onChange={(event) => setFilter({ ...filter, site: event.currentTarget.value })}
          />
        )}
      </div>
      <Content view={view} filter={filter} onClear={() => setFilter(NO_FILTER)} />
    </Page>
  );
}

interface ContentProps {
  readonly view: View;
  readonly filter: Filter;
  readonly onClear: () => void;
}

function Content({ view, filter, onClear }: ContentProps) {
  if (view === "kinds") return <AlarmKinds filter={(text) => matchesFilter(filter.text, text)} />;
  if (view === "past") return <Past filter={filter} onClear={onClear} />;
  return <Open filter={filter} onClear={onClear} />;
}

function Open({ filter, onClear }: Omit<ContentProps, "view">) {
  const query = useQuery(alarmsQuery);
  return (
    <QueryView query={query} failed={words.failed}>
      {(alarms) =>
        alarms.length === 0 ? (
          <Empty title={words.emptyTitle}>{words.empty}</Empty>
        ) : (
          <OpenAlarms alarms={narrowed(alarms, filter)} onClearFilter={onClear} />
        )
      }
    </QueryView>
  );
}

/** The most that the broker answers at once: fewer are the last. */
const PAGE = 200;

function Past({ filter, onClear }: Omit<ContentProps, "view">) {
  const query = useInfiniteQuery({
    queryKey: ["alarms", "past", filter.site],
    queryFn: ({ pageParam }) => pastAlarms(pageParam, filter.site),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.length < PAGE ? undefined : last.at(-1)?.id),
  });
  if (query.error) {
    const retry = () => void query.refetch();
    return <ProblemNotice thrown={query.error} title={words.failed} onRetry={retry} />;
  }
  if (!query.data) return <Loading />;
  const alarms = query.data.pages.flat();
  if (alarms.length === 0 && filter.site === "")
    return <Empty title={words.emptyPastTitle}>{words.emptyPast}</Empty>;
  return (
    <>
      <PastAlarms alarms={narrowed(alarms, filter)} onClearFilter={onClear} />
      {query.hasNextPage && (
        <Group justify="center" py="xs">
          <Button variant="default" size="xs" onClick={() => void query.fetchNextPage()}>
            {words.older}
          </Button>
        </Group>
      )}
    </>
  );
}

function narrowed(
  alarms: readonly AlarmView[],
  { text, priority, site }: Filter,
): readonly AlarmView[] {
  return alarms.filter(
    (alarm) =>
      (priority === "" || alarm.priority === priority) &&
      (site === "" || alarm.site === site) &&
      matchesFilter(text, `${alarm.title} ${alarm.text} ${words.state[alarm.state]}`),
  );
}
