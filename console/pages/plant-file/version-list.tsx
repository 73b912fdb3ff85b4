/** Every plant that counted: since when, by whom and why; what differs; the way back. */
import { Button, Group, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PlantFileView, PlantVersionView } from "../../../broker/api/shapes/plant-file.ts";
import { Copyable } from "../../components/copyable.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { plantVersionQuery } from "../../components/plant-file.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { plantFileText } from "../../text/plant-file.ts";
import { PolicyChanges } from "../policy/policy-changes.tsx";
import "../policy/policy.css";

const words = plantFileText.history;
/** Of a digest; all of it is copied. */
const DIGEST_SHOWN = 12;

interface VersionListProps {
  readonly file: PlantFileView;
  readonly onRestore: (version: PlantVersionView) => void;
}

export function VersionList({ file, onRestore }: VersionListProps) {
  const [shown, setShown] = useState<PlantVersionView>();
  if (file.versions.length === 0) return <Empty title={words.empty}>{words.emptyAdvice}</Empty>;
  return (
    <>
      <DataTable
        label={words.label}
        rows={file.versions}
        columns={[...COLUMNS, actions(file, setShown, onRestore)]}
        rowKey={({ sequence }) => String(sequence)}
        initialSort={{ column: "version", descending: true }}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={words.showTitle(shown?.sequence ?? 0)}
        size="xl"
      >
        {shown && <Changes file={file} sequence={shown.sequence} />}
      </Modal>
    </>
  );
}

const COLUMNS: Column<PlantVersionView>[] = [
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

function actions(
  { digest: now }: PlantFileView,
  show: (version: PlantVersionView) => void,
  restore: (version: PlantVersionView) => void,
): Column<PlantVersionView> {
  return {
    key: "actions",
    title: "",
    cell: (version) =>
      version.digest === now ? (
        <StateBadge tone="active" word={words.current} />
      ) : (
        <Group gap="xs" wrap="nowrap">
          <Button size="compact-xs" variant="default" onClick={() => show(version)}>
            {words.show}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => restore(version)}>
            {words.restore}
          </Button>
        </Group>
      ),
  };
}

function Changes({ file, sequence }: { file: PlantFileView; sequence: number }) {
  const query = useQuery(plantVersionQuery(sequence));
  return (
    <QueryView query={query} failed={plantFileText.failed}>
      {({ text }) => (
        <PolicyChanges
          before={[{ name: file.name, text }]}
          after={[{ name: file.name, text: file.text }]}
        />
      )}
    </QueryView>
  );
}
