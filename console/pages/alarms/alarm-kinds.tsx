/** Every kind of alarm: the table that says beforehand what each means and what to do. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "react-router";
import type { AlarmKindView } from "../../../broker/api/shapes/alarms.ts";
import { alarmKindsQuery } from "../../components/alarms.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { alarmsText } from "../../text/alarms.ts";

const words = alarmsText.kinds;

export function AlarmKinds({ filter }: { readonly filter: (text: string) => boolean }) {
  const query = useQuery(alarmKindsQuery);
  const { hash } = useLocation();
  const name = hash.slice(1);
  const loaded = query.data !== undefined;
  useEffect(() => {
    if (loaded && name !== "") document.getElementById(name)?.scrollIntoView({ block: "center" });
  }, [loaded, name]);
  return (
    <QueryView query={query} failed={alarmsText.failed}>
      {(kinds) => (
        <>
          <ul className="al-criteria">
            {words.criteria.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <DataTable
            label={words.label}
            rows={kinds.filter((kind) => filter(Object.values(kind).join(" ")))}
            columns={COLUMNS}
            rowKey={(kind) => kind.name}
            initialSort={{ column: "", descending: false }}
            filtered
            tone={(kind) => (kind.name === name ? "attention" : undefined)}
          />
        </>
      )}
    </QueryView>
  );
}

const MINUTE_MS = 60_000;

const COLUMNS: Column<AlarmKindView>[] = [
  {
    key: "kind",
    title: words.kind,
    sortBy: (kind) => kind.title,
    cell: (kind) => (
      <div id={kind.name} className="al-what">
        <span className="sp-strong">{kind.title}</span>
        {kind.outOfService !== null && (
          <div className="sp-sub">
            {words.outOfService}: {kind.outOfService}
          </div>
        )}
      </div>
    ),
  },
  {
    key: "priority",
    title: alarmsText.priorityLabel,
    cell: (kind) => alarmsText.priority[kind.priority],
  },
  { key: "consequence", wide: true, title: words.consequence, cell: (kind) => kind.consequence },
  { key: "action", wide: true, title: words.action, cell: (kind) => kind.action },
  {
    key: "returns",
    title: words.returns,
    cell: (kind) =>
      kind.returns === "condition" ? words.condition : words.quiet(kind.quietMs / MINUTE_MS),
  },
];
