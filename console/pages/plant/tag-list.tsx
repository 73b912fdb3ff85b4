/** The named points of an endpoint, folded away until someone wants them. */
import { Table } from "@mantine/core";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { assetText as words } from "../../text/plant.ts";

export function TagList({ tags }: { readonly tags: readonly TagView[] }) {
  if (tags.length === 0) return null;
  const head = words.tagTable;
  return (
    <details className="sp-asset-tags">
      <summary>{words.tags(tags.length)}</summary>
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
    </details>
  );
}
