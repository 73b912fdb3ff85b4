/** All links to recordings for people without an account, with their uses. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { ShareView } from "../../broker/api/shapes/viewing.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { FilterField } from "../components/filter-field.tsx";
import { Page } from "../components/page.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Empty } from "../components/states.tsx";
import { matchesFilter } from "../components/table-order.ts";
import { LocalTime, RelativeTime } from "../components/time.tsx";
import { sharesQuery } from "../components/viewing.ts";
import { RevokeShare, ShareState } from "../replay/share-entry.tsx";
import { viewingText } from "../text/viewing.ts";

const words = viewingText.share.page;

export function LinksPage() {
  const query = useQuery(sharesQuery());
  const open = query.data?.filter(({ state }) => state === "open").length ?? 0;
  return (
    <Page
      title={words.title}
      summary={query.data?.length ? words.summary(open, query.data.length) : ""}
    >
      <QueryView query={query} failed={viewingText.share.listFailed}>
        {(shares) =>
          shares.length === 0 ? (
            <Empty title={viewingText.share.empty}>{words.emptyAdvice}</Empty>
          ) : (
            <Links shares={shares} />
          )
        }
      </QueryView>
    </Page>
  );
}

function Links({ shares }: { readonly shares: readonly ShareView[] }) {
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(true);
  const rows = shares.filter(
    ({ state, recipient, madeBy, reason, recording }) =>
      (all || state === "open") &&
      matchesFilter(filter, [recipient, madeBy.name, reason, recording].join(" ")),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
        <SegmentedControl
          size="xs"
          aria-label={words.show}
          value={all ? "all" : "open"}
          onChange={(chosen) => setAll(chosen === "all")}
          data={[
            { value: "all", label: words.all },
            { value: "open", label: words.onlyOpen },
          ]}
        />
      </div>
      <DataTable
        label={words.label}
        rows={rows}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        initialSort={{ column: "ends", descending: true }}
        filtered
        onClearFilter={() => {
          setFilter("");
          setAll(true);
        }}
        tone={({ state }) => (state === "suspended" ? "attention" : undefined)}
      />
    </>
  );
}

const COLUMNS: Column<ShareView>[] = [
  {
    key: "recipient",
    title: words.recipient,
    sortBy: ({ recipient }) => recipient,
    cell: ({ recipient, reason }) => (
      <>
        <strong className="sp-strong">{recipient}</strong>
        <div className="sp-sub">{reason}</div>
      </>
    ),
  },
  {
    key: "recording",
    title: words.recording,
    cell: ({ recording }) => <Link to={`/recordings/${recording}`}>{words.open}</Link>,
  },
  {
    key: "maker",
    title: words.madeBy,
    sortBy: ({ madeBy }) => madeBy.name,
    cell: ({ madeBy, madeMs }) => (
      <>
        {madeBy.name}
        <div className="sp-sub">
          <RelativeTime atMs={madeMs} />
        </div>
      </>
    ),
  },
  {
    key: "ends",
    title: words.ends,
    sortBy: ({ endsMs }) => endsMs,
    cell: ({ endsMs }) => <LocalTime atMs={endsMs} />,
  },
  {
    key: "uses",
    title: words.uses,
    sortBy: ({ uses }) => uses.length,
    cell: ({ uses }) => (
      <>
        {viewingText.share.uses(uses.length)}
        {uses[0] && (
          <div className="sp-sub">
            <RelativeTime atMs={uses[0].fromMs} /> {uses[0].address}
          </div>
        )}
      </>
    ),
  },
  {
    key: "state",
    title: words.state,
    sortBy: ({ state }) => state,
    cell: (share) => <ShareState share={share} />,
  },
  { key: "act", title: "", cell: (share) => <RevokeShare share={share} /> },
];
