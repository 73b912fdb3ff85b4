/** What is usual: the baseline in force, one that waits and what it would change, and all before. */
import { Alert, Button, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type {
  BaselineChangeView,
  BaselineVersionView,
  BaselineView,
  ProposedBaselineView,
} from "../../../broker/api/shapes/baseline.ts";
import { approveBaseline, baselineQuery, earlierQuery } from "../../components/baseline.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { useRight } from "../../components/me.ts";
import { queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { Empty } from "../../components/states.tsx";
import { Versions } from "../../components/versions.tsx";
import { baselineText as words } from "../../text/baseline.ts";

/** Nothing where sessions are not compared at all. */
export function UsualBaseline() {
  const query = useQuery(baselineQuery);
  return (
    <QueryView query={query} failed={words.failed}>
      {(view) => (view.compared ? <Content view={view} /> : null)}
    </QueryView>
  );
}

function Content({ view }: { readonly view: BaselineView }) {
  const { inForce, approvedHere, proposed, problem, versions } = view;
  return (
    <section style={{ marginTop: 24 }} aria-label={words.title}>
      <Title order={2} size="h4">
        {words.title}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {words.summary}
      </Text>
      {inForce ? (
        <Text size="sm" mb="xs">
          {words.inForce(inForce.sessions, inForce.from, inForce.until)} (
          <span className="sp-mono">{inForce.digest.slice(0, 12)}</span>).{" "}
          {!approvedHere && words.named}
        </Text>
      ) : (
        !proposed && <Empty title={words.none}>{words.noneAdvice}</Empty>
      )}
      {problem !== null && (
        <Alert color="red" variant="light" title={words.problem} mb="xs">
          {problem}
        </Alert>
      )}
      {proposed && <Proposed proposed={proposed} />}
      {versions.length > 0 && <Approved versions={versions} />}
    </section>
  );
}

function Proposed({ proposed }: { readonly proposed: ProposedBaselineView }) {
  const mayApprove = useRight("policy:change");
  const [opened, setOpened] = useState(false);
  const { sessions, from, until } = proposed;
  return (
    <>
      <Title order={3} size="h5" mt="md" mb={6}>
        {words.proposed.title}
      </Title>
      <Text size="sm" mb="xs">
        {words.proposed.lead(sessions, from, until)}
      </Text>
      <Changes proposed={proposed} />
      {mayApprove && (
        <Button mt="sm" onClick={() => setOpened(true)}>
          {words.proposed.approve}
        </Button>
      )}
      <ApproveDialog
        title={words.proposed.dialog}
        proposed={opened ? proposed : undefined}
        onClose={() => setOpened(false)}
      />
    </>
  );
}

interface ApproveDialogProps {
  readonly title: string;
  /** Closed without it. */
  readonly proposed: ProposedBaselineView | undefined;
  readonly onClose: () => void;
}

function ApproveDialog({ title, proposed, onClose }: ApproveDialogProps) {
  async function approve(reason: string) {
    if (!proposed) return;
    const { version, digest } = proposed;
    await approveBaseline({ version, digest, reason });
    notifications.show({ message: words.proposed.done, color: "slate" });
    await queryClient.invalidateQueries({ queryKey: baselineQuery.queryKey });
  }
  return (
    <ConfirmDialog
      opened={proposed !== undefined}
      onClose={onClose}
      title={title}
      action={words.proposed.approve}
      reasonLabel={words.proposed.reason}
      onConfirm={approve}
    >
      {words.proposed.body}
    </ConfirmDialog>
  );
}

function Changes({ proposed: { changes, more } }: { readonly proposed: ProposedBaselineView }) {
  if (changes.length === 0) return <Text size="sm">{words.proposed.nothing}</Text>;
  return (
    <>
      <DataTable
        label={words.changes.label}
        rows={changes}
        columns={CHANGES}
        rowKey={({ person, asset, adds, drops }) => JSON.stringify([person, asset, adds, drops])}
        initialSort={{ column: "who", descending: false }}
      />
      {more > 0 && (
        <Text size="sm" c="dimmed">
          {words.changes.more(more)}
        </Text>
      )}
    </>
  );
}

const CHANGES: Column<BaselineChangeView>[] = [
  {
    key: "who",
    title: words.changes.who,
    sortBy: ({ person, asset }) => `${person} ${asset}`,
    cell: ({ person }) =>
      person === "" ? <span className="sp-dim">{words.changes.anybody}</span> : person,
  },
  {
    key: "asset",
    title: words.changes.asset,
    sortBy: ({ asset }) => asset,
    cell: ({ asset }) => <span className="sp-mono">{asset}</span>,
  },
  {
    key: "adds",
    wide: true,
    title: words.changes.adds,
    cell: ({ adds }) => <Lines lines={adds} />,
    hidden: ({ adds }) => adds.length === 0,
  },
  {
    key: "drops",
    wide: true,
    title: words.changes.drops,
    cell: ({ drops }) => <Lines lines={drops} />,
    hidden: ({ drops }) => drops.length === 0,
  },
];

function Lines({ lines }: { readonly lines: readonly string[] }) {
  return (
    <span style={{ overflowWrap: "anywhere" }}>
      {lines.map((line) => (
        <Text key={line} component="div" size="sm">
          {line}
        </Text>
      ))}
    </span>
  );
}

function Approved({ versions }: { readonly versions: readonly BaselineVersionView[] }) {
  const mayApprove = useRight("policy:change");
  const [back, setBack] = useState<number>();
  const current = versions[0]?.number;
  const rows = versions.map(({ number, reason, ...version }) => ({
    ...{ ...version, sequence: number, note: reason },
  }));
  return (
    <>
      <Title order={3} size="h5" mt="md" mb={6}>
        {words.versions.title}
      </Title>
      <Versions
        label={words.versions.label}
        versions={rows}
        isCurrent={({ sequence }) => sequence === current}
        changes={({ sequence }) => <Earlier number={sequence} />}
        {...(mayApprove && {
          restore: {
            label: words.versions.back,
            onRestore: ({ sequence }: { readonly sequence: number }) => setBack(sequence),
          },
        })}
      />
      {back !== undefined && <PutBack number={back} onClose={() => setBack(undefined)} />}
    </>
  );
}

function Earlier({ number }: { readonly number: number }) {
  const query = useQuery(earlierQuery(number));
  return (
    <QueryView query={query} failed={words.failed}>
      {(proposed) => proposed && <Changes proposed={proposed} />}
    </QueryView>
  );
}

function PutBack({ number, onClose }: { readonly number: number; readonly onClose: () => void }) {
  const { data } = useQuery(earlierQuery(number));
  return (
    <ApproveDialog
      title={words.versions.backTitle(number)}
      proposed={data ?? undefined}
      onClose={onClose}
    />
  );
}
