import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PanelRequestsView } from "../../../broker/api/shapes/panel.ts";
import { api } from "../../components/api.ts";
import { FilterField } from "../../components/filter-field.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { webText as words } from "../../text/web.ts";

/** Requests have no topic of their own on the live channel. */
const EVERY_MS = 2_000;

type Asked = PanelRequestsView["requests"][number];

export function RequestList({ session }: { readonly session: string }) {
  const query = useQuery({
    queryKey: ["panel-requests", session],
    queryFn: () => api.panelRequests(session),
    refetchInterval: EVERY_MS,
  });
  const [filter, setFilter] = useState("");
  return (
    <section className="wp-list" aria-label={words.requests}>
      <div className="wp-head">
        <h2>{words.requests}</h2>
        <FilterField label={words.filter} value={filter} onChange={setFilter} />
      </div>
      <QueryView query={query} failed={words.requestsFailed}>
        {({ requests }) => <Requests all={requests} filter={filter} />}
      </QueryView>
    </section>
  );
}

function Requests({ all, filter }: { readonly all: readonly Asked[]; readonly filter: string }) {
  const wanted = filter.trim().toLowerCase();
  const shown = all
    .filter(({ method, target }) => `${method} ${target}`.toLowerCase().includes(wanted))
    .reverse();
  if (shown.length === 0) {
    return <p className="wb-dim">{all.length === 0 ? words.noRequests : words.noneFits}</p>;
  }
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.columns.time}</Table.Th>
            <Table.Th>{words.columns.method}</Table.Th>
            <Table.Th>{words.columns.target}</Table.Th>
            <Table.Th>{words.columns.status}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((one) => (
            <Table.Tr key={`${one.channel}/${one.request}`} data-refused={one.status === 403}>
              <Table.Td className="wb-dim">
                <RelativeTime atMs={one.atMs} />
              </Table.Td>
              <Table.Td>{one.method}</Table.Td>
              <Table.Td className="wp-target">{one.target}</Table.Td>
              <Table.Td>{one.status === 0 ? words.broken : one.status}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
