/** Services that work here, what proves them, and which of them nobody uses. */
import { Alert, Button, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { TrustView, WorkloadView } from "../../../broker/api/shapes/workloads.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { peopleQuery, queryClient, workloadsQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { RelativeTime } from "../../components/time.tsx";
import { workloadText as words } from "../../text/workloads.ts";

export function Workloads() {
  const query = useQuery(workloadsQuery);
  const [changing, setChanging] = useState<WorkloadView | null>(null);
  const columns = useMemo(() => columnsOf(setChanging), []);
  return (
    <section aria-labelledby="workloads">
      <Title order={2} size="h5" mt="xl" id="workloads">
        {words.title}
      </Title>
      <Text size="sm" c="dimmed" mb="sm" maw={720}>
        {words.lead}
      </Text>
      <QueryView query={query} failed={words.failed}>
        {({ configured, problem, workloads, trust }) => (
          <>
            {problem !== null && (
              <Alert mb="sm" title={words.problem} variant="default">
                {problem}
              </Alert>
            )}
            {!configured && workloads.length === 0 ? (
              <Empty title={words.emptyTitle}>{words.empty}</Empty>
            ) : (
              <DataTable
                label={words.table.label}
                rows={workloads}
                columns={columns}
                rowKey={({ id }) => id}
                initialSort={{ column: "name", descending: false }}
                tone={({ marks }) => (marks.length > 0 ? "attention" : undefined)}
              />
            )}
            {trust.length > 0 && <Trusted trust={trust} />}
          </>
        )}
      </QueryView>
      {changing && <Change workload={changing} onClose={() => setChanging(null)} />}
    </section>
  );
}

function Trusted({ trust }: { readonly trust: readonly TrustView[] }) {
  return (
    <>
      <Title order={3} size="h6" mt="md" mb="xs">
        {words.trustLabel}
      </Title>
      <DataTable
        label={words.trustLabel}
        rows={trust}
        columns={TRUST}
        rowKey={({ kind, name }) => `${kind} ${name}`}
        initialSort={{ column: "name", descending: false }}
        tone={({ problem }) => (problem === null ? undefined : "attention")}
      />
    </>
  );
}

function columnsOf(onChange: (workload: WorkloadView) => void): Column<WorkloadView>[] {
  const head = words.table;
  return [
    {
      key: "name",
      title: head.name,
      sortBy: (w) => w.name,
      cell: (w) => (
        <>
          <strong className="sp-strong">{w.name}</strong>
          <div className="sp-sub">{w.handle}</div>
        </>
      ),
    },
    { key: "owner", title: head.owner, sortBy: (w) => w.owner, cell: (w) => w.owner },
    {
      key: "identity",
      title: head.identity,
      wide: true,
      sortBy: (w) => w.identity,
      cell: (w) => <span className="sp-sub">{w.identity}</span>,
      hidden: (w) => w.identity === "",
    },
    {
      key: "lastUse",
      title: head.lastUse,
      sortBy: (w) => w.lastUsedMs,
      cell: (w) =>
        w.lastUsedMs === null ? (
          <span className="sp-dim">{words.never}</span>
        ) : (
          <RelativeTime atMs={w.lastUsedMs} />
        ),
    },
    { key: "live", title: head.live, align: "right", sortBy: (w) => w.live, cell: (w) => w.live },
    { key: "state", title: head.state, sortBy: (w) => w.state, cell: State },
    {
      key: "actions",
      title: "",
      cell: (w) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={
            w.state === "disabled" ? words.enableNamed(w.name) : words.disableNamed(w.name)
          }
          onClick={() => onChange(w)}
        >
          {w.state === "disabled" ? words.enable : words.disable}
        </Button>
      ),
    },
  ];
}

function State({ state, marks, untilMs }: WorkloadView) {
  return (
    <>
      <StateBadge tone={state === "active" ? "active" : "normal"} word={words.state[state]} />
      {marks.map((mark) => (
        <div key={mark}>
          <StateBadge tone="attention" word={words.mark[mark]} />
        </div>
      ))}
      {untilMs !== null && (
        <div className="sp-sub">
          {words.until} <RelativeTime atMs={untilMs} />
        </div>
      )}
    </>
  );
}

const TRUST: readonly Column<TrustView>[] = [
  {
    key: "name",
    title: words.trust.name,
    sortBy: (t) => t.name,
    cell: (t) => (
      <>
        {t.name}
        {t.problem !== null && <div className="sp-sub">{t.problem}</div>}
      </>
    ),
  },
  { key: "kind", title: words.trust.kind, cell: (t) => words.trustKind[t.kind] },
  { key: "keys", title: words.trust.keys, align: "right", cell: (t) => t.keys },
  {
    key: "ends",
    title: words.trust.ends,
    cell: (t) => (t.endsMs === null ? "" : <RelativeTime atMs={t.endsMs} />),
    hidden: (t) => t.endsMs === null,
  },
];

interface ChangeProps {
  readonly workload: WorkloadView;
  readonly onClose: () => void;
}

function Change({ workload, onClose }: ChangeProps) {
  const { id, name, state } = workload;
  const disabled = state !== "disabled";
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={disabled ? words.disableTitle(name) : words.enableTitle(name)}
      action={disabled ? words.disable : words.enable}
      harmful={disabled}
      onConfirm={async () => {
        await withFreshAssertion(() => api.changePerson(id, { disabled }));
        await queryClient.invalidateQueries({ queryKey: peopleQuery.queryKey });
      }}
    >
      {disabled ? words.disableRest : words.enableRest}
    </ConfirmDialog>
  );
}
