/** What the broker noticed; alarms, which need a person, come first. */
import { Button, Group, SegmentedControl } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { FilterField } from "../components/filter-field.tsx";
import { useRight } from "../components/me.ts";
import { Page } from "../components/page.tsx";
import { eventsQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Empty } from "../components/states.tsx";
import { RelativeTime } from "../components/time.tsx";
import { eventsText as words } from "../text/events.ts";

/** Alarms before events, the newest first within each: one sortable number. */
const ALARMS_FIRST = 1e15;
/** After the last key: the broker looks through all there are. */
const ASK_AFTER_MS = 300;

export function EventsPage() {
  const [asked] = useSearchParams();
  const [filter, setFilter] = useState(asked.get("contains") ?? "");
  const [onlyAlarms, setOnlyAlarms] = useState(false);
  const [contains] = useDebouncedValue(filter.trim(), ASK_AFTER_MS);
  const query = useInfiniteQuery(
    eventsQuery({
      ...(onlyAlarms && { priority: "alarm" }),
      ...(contains !== "" && { contains }),
    }),
  );
  const events = query.data?.pages.flat() ?? [];
  const alarms = events.filter((event) => event.priority === "alarm").length;
  const narrowed = onlyAlarms || contains !== "";
  return (
    <Page
      title={words.title}
      summary={query.data ? words.summary(events.length, alarms, query.hasNextPage) : ""}
    >
      <QueryView query={query} failed={words.failed}>
        {() =>
          events.length === 0 && !narrowed ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <>
              <Narrowing {...{ filter, setFilter, onlyAlarms, setOnlyAlarms }} />
              <Events
                events={events}
                onClear={() => {
                  setFilter("");
                  setOnlyAlarms(false);
                }}
              />
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
            </>
          )
        }
      </QueryView>
    </Page>
  );
}

interface NarrowingProps {
  readonly filter: string;
  readonly setFilter: (filter: string) => void;
  readonly onlyAlarms: boolean;
  readonly setOnlyAlarms: (only: boolean) => void;
}

function Narrowing({ filter, setFilter, onlyAlarms, setOnlyAlarms }: NarrowingProps) {
  return (
    <div className="sp-toolbar">
      <FilterField value={filter} onChange={setFilter} label={words.filter} />
      <SegmentedControl
        size="xs"
        aria-label={words.only.label}
        value={onlyAlarms ? "alarms" : "all"}
        onChange={(chosen) => setOnlyAlarms(chosen === "alarms")}
        data={[
          { value: "all", label: words.only.all },
          { value: "alarms", label: words.only.alarms },
        ]}
      />
    </div>
  );
}

interface EventsProps {
  readonly events: readonly SiteEventView[];
  readonly onClear: () => void;
}

function Events({ events, onClear }: EventsProps) {
  const maySeeRecordings = useRight("recording:own", "recording:all");
  return (
    <DataTable
      label={words.table.label}
      rows={events}
      columns={maySeeRecordings ? [...COLUMNS, SESSION_COLUMN] : COLUMNS}
      rowKey={(event) => event.id}
      initialSort={{ column: "at", descending: true }}
      filtered
      onClearFilter={onClear}
      tone={(event) => (event.priority === "alarm" ? "alarm" : undefined)}
    />
  );
}

const COLUMNS: Column<SiteEventView>[] = [
  {
    key: "at",
    title: words.table.at,
    sortBy: (event) => event.atMs,
    cell: (event) => <RelativeTime atMs={event.atMs} />,
  },
  {
    key: "priority",
    title: words.table.priority,
    sortBy: (event) => event.atMs + (event.priority === "alarm" ? ALARMS_FIRST : 0),
    cell: (event) =>
      event.priority === "alarm" ? (
        <StateBadge tone="alarm" word={words.alarm} />
      ) : (
        <span className="sp-dim">{words.event}</span>
      ),
  },
  {
    key: "text",
    wide: true,
    title: words.table.text,
    sortBy: (event) => event.text,
    cell: (e) => e.text,
  },
  {
    key: "subject",
    title: words.table.subject,
    sortBy: (event) => event.subjectName ?? event.subject,
    cell: (event) => (
      <span title={event.subject ?? undefined}>{event.subjectName ?? event.subject}</span>
    ),
    hidden: (event) => event.subject === null,
  },
  {
    key: "kind",
    title: words.table.kind,
    sortBy: (event) => event.kind,
    cell: (event) => <span className="sp-mono sp-dim sp-nowrap">{event.kind}</span>,
  },
];

const SESSION_COLUMN: Column<SiteEventView> = {
  key: "session",
  title: words.table.session,
  cell: (event) =>
    event.session !== null && <Link to={`/recordings/${event.session}`}>{words.toSession}</Link>,
  hidden: (event) => event.session === null,
};
