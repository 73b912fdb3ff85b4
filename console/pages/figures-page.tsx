/** Figures by month for those who steer, with the same numbers as a file. */
import { Anchor, Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { FiguresView, MonthFiguresView } from "../../broker/api/shapes/figures.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Page } from "../components/page.tsx";
import { figuresQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { duration } from "../components/time-words.ts";
import { figuresText as words } from "../text/figures.ts";
import { saveFile } from "./audit/save-file.ts";
import { csvOf } from "./figures-csv.ts";

export function FiguresPage() {
  const query = useQuery(figuresQuery);
  return (
    <Page
      title={words.title}
      summary={query.data ? words.summary(query.data.site) : ""}
      actions={
        query.data && (
          <Button
            variant="default"
            leftSection={<IconDownload size={15} />}
            onClick={() => saveFile("figures.csv", csvOf(query.data))}
          >
            {words.download}
          </Button>
        )
      }
    >
      <QueryView query={query} failed={words.failed}>
        {(figures) => <Figures figures={figures} />}
      </QueryView>
    </Page>
  );
}

function Figures({ figures: { now, months } }: { readonly figures: FiguresView }) {
  return (
    <>
      <p className="sp-sub">
        {words.now.line(now.rights, now.standing, now.unused)}{" "}
        <Anchor component={Link} to="/review">
          {words.now.link}
        </Anchor>
      </p>
      <DataTable
        label={words.table.label}
        rows={sinceTheFirst(months)}
        columns={COLUMNS}
        rowKey={({ month }) => month}
        initialSort={{ column: "month", descending: true }}
        filtered={false}
        onClearFilter={() => {}}
      />
    </>
  );
}

/** Months before anything happened say nothing; the newest always stands. */
function sinceTheFirst(months: readonly MonthFiguresView[]): readonly MonthFiguresView[] {
  const first = months.findLastIndex(({ month, ...figures }) => countsSomething(figures));
  return months.slice(0, Math.max(first, 0) + 1);
}

function countsSomething(figures: unknown): boolean {
  if (typeof figures === "number") return figures > 0;
  return typeof figures === "object" && Object.values(figures ?? {}).some(countsSomething);
}

type Spread = MonthFiguresView["requests"]["decided"];

/** Milliseconds are for cuts, minutes and hours for people. */
function shortTime(ms: number): string {
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : duration(ms);
}

function SpreadCell({ of: { median, most } }: { readonly of: Spread }) {
  if (median === null || most === null) return <span className="sp-dim">{words.none}</span>;
  return (
    <>
      {shortTime(median)}
      <div className="sp-sub">{words.most(shortTime(most))}</div>
    </>
  );
}

interface CountProps {
  readonly of: number;
  readonly parts: readonly (readonly [count: number, word: string])[];
}

function CountCell({ of, parts }: CountProps) {
  const told = parts.filter(([count]) => count > 0);
  return (
    <>
      {of.toLocaleString("en-US")}
      {told.length > 0 && (
        <div className="sp-sub">{told.map(([count, word]) => `${count} ${word}`).join(", ")}</div>
      )}
    </>
  );
}

const { columns: titles } = words;
const COLUMNS: Column<MonthFiguresView>[] = [
  {
    key: "month",
    title: titles.month,
    sortBy: ({ month }) => month,
    cell: ({ month }) => <strong className="sp-strong">{month}</strong>,
  },
  {
    key: "signIns",
    title: titles.signIns,
    cell: ({ signIns }) => (
      <CountCell of={signIns.begun} parts={[[signIns.refused, titles.signInsRefused]]} />
    ),
  },
  {
    key: "requests",
    title: titles.requests,
    cell: ({ requests: { made, agreed, refused, lapsed } }) => (
      <CountCell
        of={made}
        parts={[
          [agreed, titles.agreed],
          [refused, titles.refused],
          [lapsed, titles.lapsed],
        ]}
      />
    ),
  },
  {
    key: "decided",
    title: titles.decided,
    cell: ({ requests }) => <SpreadCell of={requests.decided} />,
  },
  { key: "used", title: titles.used, cell: ({ requests }) => <SpreadCell of={requests.used} /> },
  {
    key: "sessions",
    title: titles.sessions,
    cell: ({ sessions }) => <CountCell of={sessions.opened} parts={[[sessions.cut, titles.cut]]} />,
  },
  {
    key: "cutAfter",
    title: titles.cutAfter,
    cell: ({ sessions }) => <SpreadCell of={sessions.cutAfter} />,
  },
  { key: "refusals", title: titles.refusals, cell: ({ refusals }) => refusals },
  { key: "breakGlass", title: titles.breakGlass, cell: ({ breakGlass }) => breakGlass },
  {
    key: "unreviewed",
    title: titles.unreviewed,
    cell: ({ recordings: { ended, unreviewed } }) => (
      <CountCell of={unreviewed} parts={[[ended, titles.recordings]]} />
    ),
  },
];
