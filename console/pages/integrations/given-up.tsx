/** What integrations could not deliver and do not try any more. */
import { Text, Title } from "@mantine/core";
import type { DeadLetterView, IntegrationView } from "../../../broker/api/shapes/integrations.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { integrationsText } from "../../text/integrations.ts";

const words = integrationsText.letters;

interface Letter extends DeadLetterView {
  readonly integration: string;
}

export function GivenUp({ integrations }: { readonly integrations: readonly IntegrationView[] }) {
  const letters = integrations.flatMap(({ name, deadLetters }) =>
    deadLetters.map((letter) => ({ ...letter, integration: name })),
  );
  if (letters.length === 0) return null;
  return (
    <section style={{ marginTop: 24 }}>
      <Title order={2} size="h4">
        {words.title}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {words.summary}
      </Text>
      <DataTable
        label={words.label}
        rows={letters}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        initialSort={{ column: "at", descending: true }}
      />
    </section>
  );
}

const COLUMNS: Column<Letter>[] = [
  {
    key: "at",
    title: words.at,
    sortBy: ({ atMs }) => atMs,
    cell: ({ atMs }) => <RelativeTime atMs={atMs} />,
  },
  {
    key: "integration",
    title: words.integration,
    sortBy: ({ integration }) => integration,
    cell: ({ integration }) => <span className="sp-mono">{integration}</span>,
  },
  {
    key: "kind",
    title: words.kind,
    sortBy: ({ kind }) => kind,
    cell: ({ kind }) => <span className="sp-mono">{kind}</span>,
  },
  {
    key: "receiver",
    title: words.receiver,
    sortBy: ({ receiver }) => receiver,
    cell: ({ receiver }) => receiver,
    hidden: ({ receiver }) => receiver === "",
  },
  {
    key: "reason",
    wide: true,
    title: words.reason,
    cell: ({ reason }) => <span style={{ overflowWrap: "anywhere" }}>{reason}</span>,
  },
];
