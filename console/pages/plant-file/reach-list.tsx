/** Which endpoints of the plant file the broker reaches; looked for when somebody asks. */
import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReachabilityView } from "../../../broker/api/shapes/plant-file.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { lookForEndpoints, reachabilityQuery } from "../../components/plant-file.ts";
import { queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge, type Tone } from "../../components/state-badge.tsx";
import { Empty, ProblemNotice } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { plantFileText } from "../../text/plant-file.ts";

const words = plantFileText.reach;

export function ReachList() {
  const query = useQuery(reachabilityQuery);
  return (
    <QueryView query={query} failed={words.failed}>
      {(view) => <Content view={view} />}
    </QueryView>
  );
}

function Content({ view }: { readonly view: ReachabilityView }) {
  const [thrown, setThrown] = useState<unknown>();
  async function look() {
    setThrown(undefined);
    try {
      queryClient.setQueryData(reachabilityQuery.queryKey, await lookForEndpoints());
    } catch (failure) {
      setThrown(failure);
    }
  }
  if (view.endpoints.length === 0) return <Empty title={words.none}>{words.noneAdvice}</Empty>;
  const count = (state: Row["state"]) => view.endpoints.filter((e) => e.state === state).length;
  return (
    <>
      <div className="sp-plant-file-bar">
        <Button size="xs" variant="default" loading={view.looking} onClick={() => void look()}>
          {words.look}
        </Button>
        <Text size="sm" c="dimmed">
          {words.lead}
        </Text>
      </div>
      <Text size="sm" role="status" mb="xs">
        {view.looking ? words.looking(count("waiting")) : words.summary(count("silent"))}
      </Text>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <DataTable
        label={words.label}
        rows={view.endpoints}
        columns={COLUMNS}
        rowKey={({ endpoint }) => endpoint}
        initialSort={{ column: "endpoint", descending: false }}
        tone={({ state }) => (state === "silent" ? "attention" : undefined)}
      />
    </>
  );
}

type Row = ReachabilityView["endpoints"][number];

const TONES: Readonly<Record<Row["state"], Tone>> = {
  unknown: "normal",
  waiting: "normal",
  answers: "active",
  silent: "attention",
  "in-use": "active",
  "by-gateway": "normal",
  "not-asked": "normal",
};

const COLUMNS: Column<Row>[] = [
  {
    key: "endpoint",
    title: words.endpoint,
    sortBy: ({ endpoint }) => endpoint,
    cell: ({ endpoint }) => <strong className="sp-strong">{endpoint}</strong>,
  },
  {
    key: "address",
    title: words.address,
    sortBy: ({ address }) => address,
    cell: ({ address }) => <span className="sp-mono">{address}</span>,
  },
  {
    key: "state",
    title: words.state,
    sortBy: ({ state }) => state,
    cell: ({ state }) => <StateBadge tone={TONES[state]} word={words.states[state]} />,
  },
  {
    key: "says",
    title: words.says,
    wide: true,
    hidden: ({ says, ms }) => says === "" && ms === null,
    cell: ({ says, ms }) => (ms === null ? says : words.took(ms)),
  },
  {
    key: "at",
    title: words.at,
    sortBy: ({ atMs }) => atMs ?? 0,
    cell: ({ atMs }) => (atMs === null ? "–" : <RelativeTime atMs={atMs} />),
  },
];
