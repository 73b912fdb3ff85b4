/** The named points of an endpoint, folded away and not asked for until someone wants them. */
import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EndpointView, TagView } from "../../../broker/api/shapes/plant.ts";
import { assetTagsQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { assetText as words } from "../../text/plant.ts";

interface TagListProps {
  readonly asset: string;
  readonly endpoint: EndpointView;
}

export function TagList({ asset, endpoint }: TagListProps) {
  const [open, setOpen] = useState(false);
  if (endpoint.tags.length === 0) return null;
  return (
    <details className="sp-asset-tags" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.tags(endpoint.tags.length)}</summary>
      {open && <Tags asset={asset} endpoint={endpoint} />}
    </details>
  );
}

function Tags({ asset, endpoint }: TagListProps) {
  const query = useQuery(assetTagsQuery(asset));
  return (
    <QueryView query={query} failed={words.tagTable.failed}>
      {(endpoints) => (
        <TagTable tags={endpoints.find(({ id }) => id === endpoint.id)?.tags ?? []} />
      )}
    </QueryView>
  );
}

function TagTable({ tags }: { readonly tags: readonly TagView[] }) {
  const head = words.tagTable;
  return (
    <Table aria-label={head.label} verticalSpacing={2} horizontalSpacing={4} fz="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{head.name}</Table.Th>
          <Table.Th>{head.unit}</Table.Th>
          <Table.Th>{head.write}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tags.map((tag) => (
          <Table.Tr key={tag.name} title={tag.description}>
            <Table.Td>{tag.name}</Table.Td>
            <Table.Td>{tag.unit}</Table.Td>
            <Table.Td>{tag.writable ? words.writable : words.readOnly}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
