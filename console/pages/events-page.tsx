/** What the broker noticed; alarms, which need a person, come first. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { FilterField } from "../components/filter-field.tsx";
import { useRight } from "../components/me.ts";
import { Page } from "../components/page.tsx";
import { eventsQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Empty } from "../components/states.tsx";
import { matchesFilter } from "../components/table-order.ts";
import { RelativeTime } from "../components/time.tsx";
import { eventsText as words } from "../text/events.ts";

/** Alarms before events, the newest first within each: one sortable number. */
const ALARMS_FIRST = 1e15;

export function EventsPage() {
  const query = useQuery(eventsQuery);
  const alarms = query.data?.filter((event) => event.priority === "alarm").length ?? 0;
  return (
    <Page title={words.title} summary={query.data ? words.summary(query.data.length, alarms) : ""}>
      <QueryView query={query} failed={words.failed}>
        {(events) =>
          events.length === 0 ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <Events events={events} />
          )
        }
      </QueryView>
    </Page>
  );
}

function Events({ events }: { readonly events: readonly SiteEventView[] }) {
  const [filter, setFilter] = useState("");
  const [onlyAlarms, setOnlyAlarms] = useState(false);
  const maySeeRecordings = useRight("recording:own", "recording:all");
  const rows = events.filter(
    (event) =>
      (!onlyAlarms || event.priority === "alarm") &&
      matchesFilter(
        filter,
        [event.kind, event.text, event.subjectName, event.subject, event.session].join(" "),
      ),
  );
  return (
    <>
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
      <DataTable
        label={words.table.label}
        rows={rows}
        columns={maySeeRecordings ? [...COLUMNS, SESSION_COLUMN] : COLUMNS}
        rowKey={(event) => event.id}
        initialSort={{ column: "priority", descending: true }}
        filtered
        onClearFilter={() => {
          setFilter("");
          setOnlyAlarms(false);
        }}
        tone={(event) => (event.priority === "alarm" ? "alarm" : undefined)}
      />
    </>
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
