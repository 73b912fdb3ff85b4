/** Every version that counted, what differs from the one in force, and a way back. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PoliciesView, PolicyVersionView } from "../../../broker/api/shapes/policies.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { policiesQuery, policyVersionQuery, queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { Versions } from "../../components/versions.tsx";
import { policyText } from "../../text/policy.ts";
import { PolicyChanges } from "./policy-changes.tsx";

const words = policyText.history;

interface HistoryProps {
  readonly policies: PoliciesView;
  readonly mayChange: boolean;
}

export function PolicyHistory({ policies, mayChange }: HistoryProps) {
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
      <Versions
        label={words.label}
        versions={policies.versions}
        isCurrent={({ sequence }) => sequence === now.sequence}
        changes={({ sequence }) => <Changes policies={policies} sequence={sequence} />}
        {...(mayChange && { restore: { label: words.restore, onRestore: setRestoring } })}
      />
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

function Changes({ policies, sequence }: { policies: PoliciesView; sequence: number }) {
  const query = useQuery(policyVersionQuery(sequence));
  return (
    <QueryView query={query} failed={policyText.failed}>
      {({ files }) => <PolicyChanges before={files} after={policies.files} />}
    </QueryView>
  );
}
