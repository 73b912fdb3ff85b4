/** The gateways through which assets are reached: which are there, letting one in, shutting one out. */
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { GatewaysView, GatewayView } from "../../../broker/api/shapes/gateways.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { gatewaysQuery } from "../../components/gateways.ts";
import { Page } from "../../components/page.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge, type Tone } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { RelativeTime, TimeSince } from "../../components/time.tsx";
import { gatewaysText as words } from "../../text/gateways.ts";
import { InviteDialog } from "./invite-dialog.tsx";
import { RevokeButton } from "./revoke-button.tsx";

export function GatewaysPage() {
  const query = useQuery(gatewaysQuery);
  const all = query.data?.gateways ?? [];
  const away = all.filter(({ state }) => state !== "connected").length;
  return (
    <Page title={words.title} summary={all.length === 0 ? "" : words.summary(all.length, away)}>
      <QueryView query={query} failed={words.failed}>
        {(view) => <Content view={view} />}
      </QueryView>
    </Page>
  );
}

function Content({ view }: { readonly view: GatewaysView }) {
  const [inviting, setInviting] = useState(false);
  if (!view.open) {
    return (
      <>
        <Unknown view={view} />
        <Empty title={words.emptyTitle}>{words.off}</Empty>
      </>
    );
  }
  return (
    <>
      <div className="sp-toolbar">
        <Button variant="default" size="xs" onClick={() => setInviting(true)}>
          {words.letIn}
        </Button>
      </div>
      <InviteDialog opened={inviting} onClose={() => setInviting(false)} />
      <Unknown view={view} />
      {view.gateways.length === 0 ? (
        <Empty title={words.emptyTitle}>{words.none}</Empty>
      ) : (
        <DataTable
          label={words.table.label}
          rows={view.gateways}
          columns={COLUMNS}
          rowKey={({ id }) => id}
          initialSort={{ column: "name", descending: false }}
          tone={({ state }) => (state === "away" ? "attention" : undefined)}
        />
      )}
    </>
  );
}

function Unknown({ view: { unknown } }: { readonly view: GatewaysView }) {
  if (unknown.length === 0) return null;
  return (
    <section className="sp-panel" role="status" style={{ padding: 12, marginBottom: 16 }}>
      <StateBadge tone="attention" word={words.unknownTitle} />
      {unknown.map(({ name, endpoints }) => (
        <Text key={name} size="sm" mt={6}>
          {words.unknown(name, endpoints)}
        </Text>
      ))}
    </section>
  );
}

const TONES: Readonly<Record<GatewayView["state"], Tone>> = {
  connected: "active",
  away: "attention",
  invited: "normal",
};

const COLUMNS: Column<GatewayView>[] = [
  {
    key: "name",
    title: words.table.name,
    sortBy: ({ name }) => name,
    cell: ({ name }) => <span className="sp-mono">{name}</span>,
  },
  {
    key: "state",
    title: words.table.state,
    sortBy: ({ state }) => state,
    cell: ({ state }) => <StateBadge tone={TONES[state]} word={words.states[state]} />,
  },
  {
    key: "endpoints",
    title: words.table.endpoints,
    wide: true,
    cell: ({ endpoints }) => (
      <span className="sp-mono" style={{ overflowWrap: "anywhere" }}>
        {endpoints.length === 0 ? words.nothing : endpoints.join(", ")}
      </span>
    ),
  },
  {
    key: "sessions",
    title: words.table.sessions,
    align: "right",
    sortBy: ({ sessions }) => sessions,
    cell: ({ sessions }) => sessions,
  },
  {
    key: "build",
    title: words.table.build,
    cell: ({ build }) => build,
    hidden: ({ build }) => build === "",
  },
  {
    key: "seen",
    title: words.table.seen,
    sortBy: ({ sinceMs, seenMs }) => sinceMs ?? seenMs ?? 0,
    cell: (gateway) => <Seen gateway={gateway} />,
  },
  { key: "acts", title: "", cell: (gateway) => <Acts gateway={gateway} /> },
];

function Seen({ gateway: { sinceMs, seenMs } }: { readonly gateway: GatewayView }) {
  if (sinceMs !== null) return <TimeSince atMs={sinceMs} />;
  if (seenMs === null) return <>{words.never}</>;
  return (
    <>
      {words.lastSeen} <RelativeTime atMs={seenMs} />
    </>
  );
}

function Acts({ gateway }: { readonly gateway: GatewayView }) {
  const [inviting, setInviting] = useState(false);
  return (
    <Group gap="xs" wrap="nowrap" justify="flex-end">
      <Button
        size="compact-xs"
        variant="default"
        aria-label={words.againOf(gateway.name)}
        onClick={() => setInviting(true)}
      >
        {words.again}
      </Button>
      <InviteDialog opened={inviting} onClose={() => setInviting(false)} known={gateway.name} />
      <RevokeButton gateway={gateway} />
    </Group>
  );
}
