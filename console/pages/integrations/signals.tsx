/** Whose signals are taken, what is asked of people because of them, and what came of each. */
import { Button, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type {
  DemandView,
  SignalStoryView,
  SignalsView,
  TransmitterView,
} from "../../../broker/api/shapes/signals.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { liftDemand, signalsQuery } from "../../components/signals.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { RelativeTime } from "../../components/time.tsx";
import { signalsText as words } from "../../text/signals.ts";

/** Nothing where nobody is listened to. */
export function Signals() {
  const query = useQuery(signalsQuery);
  return (
    <QueryView query={query} failed={words.failed}>
      {(view) => (isEmpty(view) ? null : <Content view={view} />)}
    </QueryView>
  );
}

function isEmpty({ transmitters, stories, demands }: SignalsView): boolean {
  return transmitters.length + stories.length + demands.length === 0;
}

function Content({ view: { transmitters, demands, stories } }: { readonly view: SignalsView }) {
  return (
    <section style={{ marginTop: 24 }}>
      <Title order={2} size="h4">
        {words.title}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {words.summary}
      </Text>
      {transmitters.length > 0 && (
        <DataTable
          label={words.streams.label}
          rows={transmitters}
          columns={STREAMS}
          rowKey={({ name }) => name}
          initialSort={{ column: "name", descending: false }}
          tone={(row) => (isWrong(row) ? "attention" : undefined)}
        />
      )}
      {demands.length > 0 && (
        <>
          <Title order={3} size="h5" mt="md" mb={6}>
            {words.demands.title}
          </Title>
          <DataTable
            label={words.demands.label}
            rows={demands}
            columns={DEMANDS}
            rowKey={({ key }) => key}
            initialSort={{ column: "person", descending: false }}
          />
        </>
      )}
      <Stories stories={stories} />
    </section>
  );
}

function Stories({ stories }: Pick<SignalsView, "stories">) {
  const [filter, setFilter] = useState("");
  const rows = stories.filter(({ sign, transmitter, type, about, decision, effects }) =>
    matchesFilter(
      filter,
      [sign, transmitter, wordOf(type), about, decision, ...effects.map(({ text }) => text)].join(
        " ",
      ),
    ),
  );
  return (
    <>
      <Title order={3} size="h5" mt="md" mb={6}>
        {words.stories.title}
      </Title>
      {stories.length === 0 ? (
        <Empty title={words.stories.none}>{words.stories.noneYet}</Empty>
      ) : (
        <>
          <div className="sp-toolbar">
            <FilterField value={filter} onChange={setFilter} label={words.stories.filter} />
          </div>
          <DataTable
            label={words.stories.label}
            rows={rows}
            columns={STORIES}
            rowKey={({ id }) => id}
            initialSort={{ column: "at", descending: true }}
            filtered
            onClearFilter={() => setFilter("")}
          />
        </>
      )}
    </>
  );
}

function isWrong({ status, problem }: TransmitterView): boolean {
  return status !== "enabled" || problem !== null;
}

function stateOf({ status, problem }: TransmitterView): string {
  return problem !== null && status === "enabled"
    ? words.streams.failing
    : words.streams.states[status];
}

function When({ atMs }: { readonly atMs: number | null }) {
  if (atMs === null) return <span className="sp-dim">{words.streams.never}</span>;
  return <RelativeTime atMs={atMs} />;
}

const STREAMS: Column<TransmitterView>[] = [
  {
    key: "name",
    title: words.streams.name,
    sortBy: ({ name }) => name,
    cell: ({ name, issuer, delivery }) => (
      <span title={issuer}>
        <span className="sp-mono">{name}</span>{" "}
        <span className="sp-dim">{words.streams.deliveries[delivery]}</span>
      </span>
    ),
  },
  {
    key: "state",
    title: words.streams.state,
    sortBy: ({ status }) => status,
    cell: (row) => <StateBadge tone={isWrong(row) ? "attention" : "normal"} word={stateOf(row)} />,
  },
  {
    key: "heard",
    title: words.streams.heard,
    sortBy: ({ heardMs }) => heardMs ?? 0,
    cell: ({ heardMs }) => <When atMs={heardMs} />,
  },
  {
    key: "verified",
    title: words.streams.verified,
    sortBy: ({ verifiedMs }) => verifiedMs ?? 0,
    cell: ({ verifiedMs }) => <When atMs={verifiedMs} />,
  },
  {
    key: "taken",
    title: words.streams.taken,
    align: "right",
    sortBy: ({ taken }) => taken,
    cell: ({ taken }) => taken.toLocaleString("en"),
  },
  {
    key: "refused",
    title: words.streams.refused,
    align: "right",
    sortBy: ({ refused }) => refused,
    cell: ({ refused, lastRefusal }) => (
      <span title={lastRefusal ?? undefined}>{refused.toLocaleString("en")}</span>
    ),
  },
  {
    key: "problem",
    wide: true,
    title: words.streams.problem,
    cell: ({ problem, reason, lastRefusal }) => (
      <span style={{ overflowWrap: "anywhere" }}>{problem ?? (reason || lastRefusal)}</span>
    ),
    hidden: ({ problem, reason, lastRefusal }) => (problem ?? (reason || lastRefusal)) === null,
  },
];

const DEMANDS: Column<DemandView>[] = [
  {
    key: "person",
    title: words.demands.person,
    sortBy: ({ person }) => person,
    cell: ({ person, asset }) => (
      <span>
        {person} <span className="sp-dim">{asset ?? words.demands.everywhere}</span>
      </span>
    ),
  },
  {
    key: "asks",
    title: words.demands.asks,
    sortBy: ({ asks }) => asks,
    cell: ({ asks }) => <StateBadge tone="attention" word={words.demands.kinds[asks]} />,
  },
  {
    key: "reason",
    wide: true,
    title: words.demands.reason,
    cell: ({ reason }) => <span style={{ overflowWrap: "anywhere" }}>{reason}</span>,
  },
  {
    key: "until",
    title: words.demands.until,
    sortBy: ({ untilMs }) => untilMs,
    cell: ({ untilMs }) => <RelativeTime atMs={untilMs} />,
  },
  { key: "lift", title: "", cell: (demand) => <Lift demand={demand} /> },
];

function Lift({ demand: { key, person, asks } }: { readonly demand: DemandView }) {
  const [opened, setOpened] = useState(false);
  const client = useQueryClient();
  const lift = async (reason: string) => {
    await liftDemand(key, reason);
    await client.invalidateQueries({ queryKey: signalsQuery.queryKey });
  };
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => setOpened(true)}
        aria-label={words.demands.liftOf(person, words.demands.kinds[asks])}
      >
        {words.demands.lift}
      </Button>
      <ConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words.demands.liftTitle(person)}
        action={words.demands.lift}
        reasonLabel={words.demands.reasonLabel}
        onConfirm={lift}
      >
        {words.demands.liftBody}
      </ConfirmDialog>
    </>
  );
}

function isFinding(type: string): type is keyof typeof words.stories.findings {
  return Object.hasOwn(words.stories.findings, type);
}

function wordOf(type: string): string {
  return isFinding(type) ? words.stories.findings[type] : type;
}

function momentOf(session: string, sequence: number | undefined): string {
  return sequence === undefined
    ? `/recordings/${session}`
    : `/recordings/${session}?at=${sequence}`;
}

const STORIES: Column<SignalStoryView>[] = [
  {
    key: "at",
    title: words.stories.at,
    sortBy: ({ receivedMs }) => receivedMs,
    cell: ({ receivedMs }) => <RelativeTime atMs={receivedMs} />,
  },
  {
    key: "said",
    title: words.stories.said,
    sortBy: ({ type }) => type,
    cell: ({ transmitter, type, about }) => (
      <span>
        <strong className="sp-strong">{wordOf(type)}</strong> {about}
        <Text size="xs" c="dimmed">
          {isFinding(type) ? words.stories.ours : transmitter}
        </Text>
      </span>
    ),
  },
  {
    key: "decision",
    wide: true,
    title: words.stories.decision,
    cell: ({ decision }) => decision,
  },
  {
    key: "effects",
    wide: true,
    title: words.stories.effects,
    cell: ({ effects, tookMs }) => (
      <span title={words.stories.took(tookMs)}>
        {effects.length === 0 && <span className="sp-dim">{words.stories.nothing}</span>}
        {effects.map(({ session, text, sequence }) => (
          <Text key={`${session} ${text}`} component="div" size="sm">
            {session === null ? text : <Link to={momentOf(session, sequence)}>{text}</Link>}
          </Text>
        ))}
      </span>
    ),
  },
  {
    key: "sign",
    title: words.stories.sign,
    cell: ({ sign }) => (
      <Link className="sp-mono" to={`/events?contains=${sign}`}>
        {sign}
      </Link>
    ),
  },
];
