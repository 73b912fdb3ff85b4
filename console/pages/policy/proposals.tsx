/** Changes that wait for another administrator: read the difference, then one touch. */
import { Button, Group, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PoliciesView, PolicyProposalView } from "../../../broker/api/shapes/policies.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import {
  confirmProposal,
  proposalFilesQuery,
  proposalsQuery,
  withdrawProposal,
} from "../../components/policy-proposals.ts";
import { policiesQuery, queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { ProblemNotice } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { policyText } from "../../text/policy.ts";
import { PolicyChanges } from "./policy-changes.tsx";

const words = policyText.proposals;

export function Proposals({ policies }: { readonly policies: PoliciesView }) {
  const query = useQuery(proposalsQuery);
  const waiting = query.data?.filter(
    ({ mayWithdraw, state }) => mayWithdraw || state === "waiting",
  );
  if (waiting === undefined || waiting.length === 0) return null;
  return (
    <section aria-label={words.title} className="sp-policy-proposals">
      <Title order={2} size="h5">
        {words.title}
      </Title>
      <ul>
        {waiting.map((proposal) => (
          <li key={proposal.id} className="sp-panel">
            <Proposal proposal={proposal} policies={policies} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ProposalProps {
  readonly proposal: PolicyProposalView;
  readonly policies: PoliciesView;
}

function Proposal({ proposal, policies }: ProposalProps) {
  const { proposedBy, reason, proposedMs, expiresMs, state } = proposal;
  const files = useQuery(proposalFilesQuery(proposal.id));
  return (
    <article aria-label={words.by(proposedBy)}>
      <Group gap="xs">
        <StateBadge tone="attention" word={words.states[state]} />
        <strong>{words.by(proposedBy)}</strong>
        <Text size="sm" c="dimmed" component="span">
          <RelativeTime atMs={proposedMs} />, {words.expires} <RelativeTime atMs={expiresMs} />
        </Text>
      </Group>
      <Text size="sm">{reason}</Text>
      <QueryView query={files} failed={policyText.failed}>
        {(shown) => <PolicyChanges before={policies.files} after={shown.files} />}
      </QueryView>
      <Acts proposal={proposal} />
    </article>
  );
}

function Acts({
  proposal: { id, mine, mayConfirm, mayWithdraw, proposedBy },
}: Pick<ProposalProps, "proposal">) {
  const [asking, setAsking] = useState(false);
  const { busy, thrown, act } = useAct();
  const confirm = async () => {
    const done = await confirmProposal(id);
    const [first] = [...done.check.problems, ...done.check.failures];
    if (!done.version) throw new Error(first?.message ?? words.failed);
  };
  return (
    <>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <Group gap="xs">
        {mayConfirm && (
          <Button
            loading={busy}
            aria-label={words.confirmNamed(proposedBy)}
            onClick={() => void act(confirm)}
          >
            {words.confirm}
          </Button>
        )}
        {mayWithdraw && (
          <Button variant="default" disabled={busy} onClick={() => setAsking(true)}>
            {mine ? words.withdraw : words.refuse}
          </Button>
        )}
        <Text size="sm" c="dimmed">
          {mine ? words.own : mayConfirm ? words.signs : words.overtaken}
        </Text>
      </Group>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={mine ? words.withdrawTitle : words.refuseTitle}
        action={mine ? words.withdraw : words.refuse}
        onConfirm={async () => {
          await withdrawProposal(id);
          await refresh();
        }}
      >
        {words.withdrawBody}
      </ConfirmDialog>
    </>
  );
}

function useAct() {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function act(what: () => Promise<void>): Promise<void> {
    setBusy(true);
    setThrown(undefined);
    try {
      await what();
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
      await refresh();
    }
  }
  return { busy, thrown, act };
}

async function refresh(): Promise<void> {
  for (const { queryKey } of [proposalsQuery, policiesQuery])
    await queryClient.invalidateQueries({ queryKey });
}
