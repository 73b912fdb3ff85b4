/** Where notices and events go, how that goes, and whether it arrives. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { IntegrationsView, IntegrationView } from "../../../broker/api/shapes/integrations.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { Page } from "../../components/page.tsx";
import { integrationsQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { RelativeTime } from "../../components/time.tsx";
import { integrationsText as words } from "../../text/integrations.ts";
import { UsualBaseline } from "./baseline.tsx";
import { GivenUp } from "./given-up.tsx";
import { ResponseRules } from "./response-rules.tsx";
import { Signals } from "./signals.tsx";
import { TestButton } from "./test-button.tsx";

export function IntegrationsPage() {
  const query = useQuery(integrationsQuery);
  const all = query.data?.integrations ?? [];
  const failing = all.filter(({ state }) => state === "failing").length;
  return (
    <Page title={words.title} summary={all.length === 0 ? "" : words.summary(all.length, failing)}>
      <QueryView query={query} failed={words.failed}>
        {(view) => (
          <>
            <FileProblem problem={view.problem} />
            <Content view={view} />
          </>
        )}
      </QueryView>
      <ResponseRules />
      <UsualBaseline />
      <Signals />
    </Page>
  );
}

function Content({ view: { configured, integrations } }: { readonly view: IntegrationsView }) {
  if (integrations.length === 0) {
    return <Empty title={words.emptyTitle}>{configured ? words.noneIn : words.noFile}</Empty>;
  }
  return (
    <>
      <Receivers integrations={integrations} />
      <GivenUp integrations={integrations} />
    </>
  );
}

function FileProblem({ problem }: { readonly problem: string | null }) {
  if (problem === null) return null;
  return (
    <section className="sp-panel" role="status" style={{ padding: 12, marginBottom: 16 }}>
      <StateBadge tone="attention" word={words.problem.title} />
      <Text ff="monospace" size="sm" my={6} style={{ overflowWrap: "anywhere" }}>
        {problem}
      </Text>
      <Text size="sm">{words.problem.advice}</Text>
    </section>
  );
}

function Receivers({ integrations }: Pick<IntegrationsView, "integrations">) {
  const [filter, setFilter] = useState("");
  const rows = integrations.filter(({ name, place, form, purpose, error }) =>
    matchesFilter(filter, [name, place, form, purpose, error].join(" ")),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
      </div>
      <DataTable
        label={words.table.label}
        rows={rows}
        columns={COLUMNS}
        rowKey={({ name }) => name}
        initialSort={{ column: "state", descending: true }}
        filtered
        onClearFilter={() => setFilter("")}
        tone={({ state }) => (state === "failing" ? "attention" : undefined)}
      />
    </>
  );
}

const COLUMNS: Column<IntegrationView>[] = [
  {
    key: "name",
    title: words.table.name,
    sortBy: ({ name }) => name,
    cell: ({ name }) => <span className="sp-mono">{name}</span>,
  },
  {
    key: "state",
    title: words.table.state,
    sortBy: ({ state }) => (state === "failing" ? 1 : 0),
    cell: (integration) => <State integration={integration} />,
  },
  {
    key: "purpose",
    title: words.table.purpose,
    sortBy: ({ purpose }) => purpose,
    cell: ({ purpose, form, about }) => (
      <span title={about.length === 0 ? undefined : words.about(about)}>
        {words.purposes[purpose](words.forms[form])}
      </span>
    ),
  },
  {
    key: "place",
    title: words.table.place,
    sortBy: ({ place }) => place,
    cell: ({ place }) => <span className="sp-mono">{place}</span>,
  },
  {
    key: "succeeded",
    title: words.table.succeeded,
    sortBy: ({ succeededMs }) => succeededMs ?? 0,
    cell: ({ succeededMs }) =>
      succeededMs === null ? (
        <span className="sp-dim">{words.never}</span>
      ) : (
        <RelativeTime atMs={succeededMs} />
      ),
  },
  {
    key: "waiting",
    title: words.table.waiting,
    align: "right",
    sortBy: ({ waiting }) => waiting,
    cell: ({ waiting }) => waiting.toLocaleString("en"),
  },
  {
    key: "error",
    wide: true,
    title: words.table.error,
    cell: ({ error }) => <span style={{ overflowWrap: "anywhere" }}>{error}</span>,
    hidden: ({ error }) => error === null,
  },
  { key: "test", title: "", cell: ({ name }) => <TestButton name={name} /> },
];

function State({ integration }: { readonly integration: IntegrationView }) {
  const { state, succeededMs, nextTryMs } = integration;
  if (state === "failing") {
    return (
      <span>
        <StateBadge tone="attention" word={words.states.failing} />
        {nextTryMs !== null && (
          <Text size="xs" c="dimmed">
            {words.nextTry} <RelativeTime atMs={nextTryMs} />
          </Text>
        )}
      </span>
    );
  }
  const untried = state === "idle" && succeededMs === null;
  return <StateBadge tone="normal" word={words.states[untried ? "untried" : state]} />;
}
