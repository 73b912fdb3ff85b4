/** Whether the broker's parts work, and what to do where one does not. */
import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import { Copyable } from "../components/copyable.tsx";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Page } from "../components/page.tsx";
import { healthQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { byteSize } from "../components/sizes.ts";
import { StateBadge, type Tone } from "../components/state-badge.tsx";
import { LocalTime, RelativeTime } from "../components/time.tsx";
import { healthText as words } from "../text/events.ts";
import "./health.css";

const TONES: Record<HealthView["state"], Tone> = {
  ok: "normal",
  attention: "attention",
  failed: "alarm",
};
/** Of a digest; all of it is copied. */
const DIGEST_SHOWN = 16;

export function HealthPage() {
  const query = useQuery(healthQuery);
  const state = query.data?.state;
  return (
    <Page
      title={words.title}
      summary={state ? <StateBadge tone={TONES[state]} word={words.overall[state]} /> : ""}
    >
      <QueryView query={query} failed={words.failed}>
        {(health) => (
          <div className="sp-health">
            <PlantFileProblem health={health} />
            <Parts health={health} />
            <div className="sp-health-facts">
              <Recorder health={health} />
              <PlantFile health={health} />
              <Sessions health={health} />
              <Versions health={health} />
            </div>
          </div>
        )}
      </QueryView>
    </Page>
  );
}

interface HealthProps {
  readonly health: HealthView;
}

function PlantFileProblem({ health }: HealthProps) {
  const { problem } = health.plantFile;
  if (problem === null) return null;
  return (
    <section className="sp-health-problem" role="status">
      <StateBadge tone="attention" word={words.plant.problem(problem.line)} />
      <Text ff="monospace" size="sm" className="sp-health-message">
        {problem.message}
      </Text>
      <Text size="sm">{words.plant.advice}</Text>
    </section>
  );
}

function Parts({ health }: HealthProps) {
  return (
    <DataTable
      label={words.parts.label}
      rows={health.parts}
      columns={PART_COLUMNS}
      rowKey={(part) => part.name}
      initialSort={{ column: "", descending: false }}
    />
  );
}

const PART_COLUMNS: Column<HealthView["parts"][number]>[] = [
  { key: "name", title: words.parts.name, sortBy: (part) => part.name, cell: (part) => part.name },
  {
    key: "state",
    title: words.parts.state,
    sortBy: (part) => part.state,
    cell: (part) => <StateBadge tone={TONES[part.state]} word={words.word[part.state]} />,
  },
  { key: "text", wide: true, title: words.parts.text, cell: (part) => part.text },
  {
    key: "since",
    title: words.parts.since,
    sortBy: (part) => part.sinceMs,
    cell: (part) => <RelativeTime atMs={part.sinceMs} />,
  },
];

function Recorder({ health: { recorder } }: HealthProps) {
  const { commitP50Ms: p50, commitP99Ms: p99, freeBytes, state } = recorder;
  const { recorder: own } = words;
  return (
    <Facts title={own.title}>
      <Fact name={own.state}>
        <StateBadge tone={state === "frozen" ? "alarm" : "active"} word={own[state]} />
      </Fact>
      <Fact name={own.commit}>
        {p50 === null || p99 === null ? own.never : `${own.ms(p50)} / ${own.ms(p99)}`}
      </Fact>
      <Fact name={own.free}>{freeBytes === null ? words.unknown : byteSize(freeBytes)}</Fact>
    </Facts>
  );
}

function PlantFile({ health: { plantFile } }: HealthProps) {
  return (
    <Facts title={words.plant.title}>
      <Fact name={words.plant.inForce}>
        <LocalTime atMs={plantFile.loadedMs} />
      </Fact>
      <Fact name={words.plant.digest}>
        <Copyable value={plantFile.digest} what={words.digestWhat} shown={DIGEST_SHOWN} />
      </Fact>
    </Facts>
  );
}

function Sessions({ health: { sessions } }: HealthProps) {
  return (
    <Facts title={words.sessions.title}>
      <Fact name={words.sessions.live}>{sessions.live}</Fact>
      <Fact name={words.sessions.cut}>
        {sessions.cutP99Ms === null ? words.recorder.never : words.recorder.ms(sessions.cutP99Ms)}
      </Fact>
    </Facts>
  );
}

function Versions({ health }: HealthProps) {
  return (
    <Facts title={words.versions.title}>
      <Fact name={words.versions.broker}>{health.version}</Fact>
      <Fact name={words.versions.node}>{health.node}</Fact>
      <Fact name={words.versions.console}>
        <LocalTime atMs={health.startedMs} />
      </Fact>
    </Facts>
  );
}

function Facts({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="sp-panel sp-facts">
      <Title order={2} size="h5">
        {title}
      </Title>
      <dl>{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
