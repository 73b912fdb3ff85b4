/** Every version that counted: since when, by whom and why; what differs; the way back. */
import { Button, Group, Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { versionsText as words } from "../text/versions.ts";
import { Copyable } from "./copyable.tsx";
import { type Column, DataTable } from "./data-table.tsx";
import { StateBadge } from "./state-badge.tsx";
import { RelativeTime } from "./time.tsx";

export interface Version {
  readonly sequence: number;
  readonly digest: string;
  readonly atMs: number;
  readonly byName: string;
  readonly note: string;
}

interface VersionsProps<V extends Version> {
  readonly label: string;
  readonly versions: readonly V[];
  readonly isCurrent: (version: V) => boolean;
  /** From that version to the one in force. */
  readonly changes: (version: V) => ReactNode;
  /** What the way back is called, and where it leads; absent for who may not go. */
  readonly restore?: { readonly label: string; readonly onRestore: (version: V) => void };
}

/** Of a digest; all of it is copied. */
const DIGEST_SHOWN = 12;

export function Versions<V extends Version>(props: VersionsProps<V>) {
  const { label, versions, changes } = props;
  const [shown, setShown] = useState<V>();
  return (
    <>
      <DataTable
        label={label}
        rows={versions}
        columns={[...COLUMNS, actions(props, setShown)]}
        rowKey={({ sequence }) => String(sequence)}
        initialSort={{ column: "version", descending: true }}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={words.showTitle(shown?.sequence ?? 0)}
        size="xl"
      >
        {shown && changes(shown)}
      </Modal>
    </>
  );
}

const COLUMNS: Column<Version>[] = [
  {
    key: "version",
    title: words.version,
    sortBy: ({ sequence }) => sequence,
    cell: ({ sequence }) => String(sequence),
  },
  {
    key: "at",
    title: words.at,
    sortBy: ({ atMs }) => atMs,
    cell: ({ atMs }) => <RelativeTime atMs={atMs} />,
  },
  { key: "by", title: words.by, sortBy: ({ byName }) => byName, cell: ({ byName }) => byName },
  {
    key: "note",
    title: words.note,
    wide: true,
    sortBy: ({ note }) => note,
    cell: ({ note }) => note,
  },
  {
    key: "digest",
    title: words.digest,
    cell: ({ digest }) => <Copyable value={digest} what={words.digest} shown={DIGEST_SHOWN} />,
  },
];

function actions<V extends Version>(
  { isCurrent, restore }: VersionsProps<V>,
  show: (version: V) => void,
): Column<V> {
  return {
    key: "actions",
    title: "",
    cell: (version) =>
      isCurrent(version) ? (
        <StateBadge tone="active" word={words.current} />
      ) : (
        <Group gap="xs" wrap="nowrap">
          <Button size="compact-xs" variant="default" onClick={() => show(version)}>
            {words.show}
          </Button>
          {restore && (
            <Button size="compact-xs" variant="default" onClick={() => restore.onRestore(version)}>
              {restore.label}
            </Button>
          )}
        </Group>
      ),
  };
}
