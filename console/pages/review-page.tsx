/** Every right that stands, with its last use; what nobody needed for a quarter is marked. */
import { Button, SegmentedControl } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { StandingRightView } from "../../broker/api/shapes/vendors.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { FilterField } from "../components/filter-field.tsx";
import { Page } from "../components/page.tsx";
import { reviewQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Empty } from "../components/states.tsx";
import { matchesFilter } from "../components/table-order.ts";
import { LocalTime, RelativeTime } from "../components/time.tsx";
import { grantsText } from "../text/grants.ts";
import { reviewText as words } from "../text/vendors.ts";
import { saveFile } from "./audit/save-file.ts";
import { reviewCsv } from "./review-csv.ts";

export function ReviewPage() {
  const query = useQuery(reviewQuery);
  const unused = query.data?.filter((right) => right.unused).length ?? 0;
  return (
    <Page
      title={words.title}
      summary={query.data ? words.summary(query.data.length, unused) : ""}
      actions={
        query.data && (
          <Button
            variant="default"
            leftSection={<IconDownload size={15} />}
            onClick={() => saveFile("rights.csv", reviewCsv(query.data))}
          >
            {words.download}
          </Button>
        )
      }
    >
      <QueryView query={query} failed={words.failed}>
        {(rights) =>
          rights.length === 0 ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <Rights rights={rights} />
          )
        }
      </QueryView>
    </Page>
  );
}

function Rights({ rights }: { readonly rights: readonly StandingRightView[] }) {
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(true);
  const rows = rights.filter(
    ({ grant, unused }) =>
      (all || unused) &&
      matchesFilter(filter, [grant.subject, grant.endpoint, grant.profile, grant.id].join(" ")),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
        <SegmentedControl
          size="xs"
          aria-label={words.only.label}
          value={all ? "all" : "unused"}
          onChange={(chosen) => setAll(chosen === "all")}
          data={[
            { value: "all", label: words.only.all },
            { value: "unused", label: words.only.unused },
          ]}
        />
      </div>
      <DataTable
        label={words.table.label}
        rows={rows}
        columns={COLUMNS}
        rowKey={({ grant }) => grant.id}
        initialSort={{ column: "use", descending: true }}
        filtered
        onClearFilter={() => {
          setFilter("");
          setAll(true);
        }}
        tone={({ unused }) => (unused ? "attention" : undefined)}
      />
    </>
  );
}

function nameOf({ grant }: StandingRightView): string {
  const role = /^role:(.*)$/.exec(grant.subject)?.[1];
  return role === undefined ? grant.subject : grantsText.wholeRole(role);
}

const COLUMNS: Column<StandingRightView>[] = [
  {
    key: "subject",
    title: words.table.subject,
    sortBy: nameOf,
    cell: (right) => <strong className="sp-strong">{nameOf(right)}</strong>,
  },
  {
    key: "endpoint",
    title: words.table.endpoint,
    sortBy: ({ grant }) => grant.endpoint,
    cell: ({ grant }) => <span className="sp-mono">{grant.endpoint}</span>,
  },
  {
    key: "profile",
    title: words.table.profile,
    sortBy: ({ grant }) => grant.profile,
    cell: ({ grant }) => grant.profile,
  },
  {
    key: "source",
    title: words.table.source,
    sortBy: ({ grant }) => grant.source,
    cell: ({ grant }) => (
      <>
        {grantsText.source[grant.source]}
        <div className="sp-sub sp-mono">{grant.id}</div>
      </>
    ),
  },
  {
    key: "until",
    title: words.table.until,
    sortBy: ({ grant }) => grant.untilMs,
    cell: ({ grant }) =>
      grant.untilMs === null ? (
        <span className="sp-dim sp-nowrap">{grantsText.open}</span>
      ) : (
        <LocalTime atMs={grant.untilMs} />
      ),
  },
  {
    key: "last",
    title: words.table.lastUsed,
    sortBy: ({ lastUsedMs }) => lastUsedMs,
    cell: ({ lastUsedMs, lastUsedBy }) =>
      lastUsedMs === null ? (
        <span className="sp-dim">{words.never}</span>
      ) : (
        <>
          <RelativeTime atMs={lastUsedMs} />
          <div className="sp-sub">{words.by(lastUsedBy ?? "")}</div>
        </>
      ),
  },
  {
    key: "use",
    title: words.table.use,
    sortBy: ({ unused }) => Number(unused),
    cell: ({ unused, lastUsedMs }) => {
      const calm = lastUsedMs === null ? words.fresh : words.used;
      return (
        <StateBadge tone={unused ? "attention" : "normal"} word={unused ? words.unused : calm} />
      );
    },
  },
];
