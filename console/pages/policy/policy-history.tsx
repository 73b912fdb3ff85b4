/** Every version that counted, what differs from the one in force, and a way back. */
import { Button, Group, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PoliciesView, PolicyVersionView } from "../../../broker/api/shapes/policies.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Copyable } from "../../components/copyable.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { policiesQuery, policyVersionQuery, queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { RelativeTime } from "../../components/time.tsx";
import { policyText } from "../../text/policy.ts";
import { PolicyChanges } from "./policy-changes.tsx";

const words = policyText.history;
/** Of a digest; all of it is copied. */
const DIGEST_SHOWN = 12;

interface HistoryProps {
  readonly policies: PoliciesView;
  readonly mayChange: boolean;
}

export function PolicyHistory({ policies, mayChange }: HistoryProps) {
  const [shown, setShown] = useState<PolicyVersionView>();
  const [restoring, setRestoring] = useState<PolicyVersionView>();
  const { version: now } = policies;

  async function restore() {
    if (!restoring) return;
    const { sequence } = restoring;
    const done = await withFreshAssertion(() => api.rollbackPolicies(sequence, now.digest));
    if (!done.version && done.proposal === null) {
      const [first] = [...done.check.problems, ...done.check.failures];
      throw new Error(first ? `${words.restoreFailed}: ${first.message}` : words.restoreFailed);
    }
    await queryClient.invalidateQueries({ queryKey: policiesQuery.queryKey });
  }

  return (
    <>
      <DataTable
        label={words.label}
        rows={policies.versions}
        columns={[
          ...COLUMNS,
          actions(now.sequence, setShown, mayChange ? setRestoring : undefined),
        ]}
        rowKey={({ sequence }) => String(sequence)}
        initialSort={{ column: "version", descending: true }}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={words.showTitle(shown?.sequence ?? 0)}
        size="xl"
      >
        {shown && <Changes policies={policies} sequence={shown.sequence} />}
      </Modal>
      <ConfirmDialog
        opened={restoring !== undefined}
        onClose={() => setRestoring(undefined)}
        title={words.restoreTitle(restoring?.sequence ?? 0)}
        action={words.restore}
        onConfirm={restore}
      >
        {policies.needsSecond ? policyText.edit.proposeAdvice : policyText.edit.activateAdvice}
      </ConfirmDialog>
    </>
  );
}

const COLUMNS: Column<PolicyVersionView>[] = [
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
  current: number,
  show: (version: PolicyVersionView) => void,
  restore: ((version: PolicyVersionView) => void) | undefined,
): Column<PolicyVersionView> {
  return {
    key: "actions",
    title: "",
    cell: (version) =>
      version.sequence === current ? (
        <StateBadge tone="active" word={words.current} />
      ) : (
        <Group gap="xs" wrap="nowrap">
          <Button size="compact-xs" variant="default" onClick={() => show(version)}>
            {words.show}
          </Button>
          {restore && (
            <Button size="compact-xs" variant="default" onClick={() => restore(version)}>
              {words.restore}
            </Button>
          )}
        </Group>
      ),
  };
}

function Changes({ policies, sequence }: { policies: PoliciesView; sequence: number }) {
  const query = useQuery(policyVersionQuery(sequence));
  return (
    <QueryView query={query} failed={policyText.failed}>
      {({ files }) => <PolicyChanges before={files} after={policies.files} />}
    </QueryView>
  );
}
