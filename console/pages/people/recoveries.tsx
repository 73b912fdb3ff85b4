/** People who lost every passkey and wait until a second administrator agrees. */
import { Button, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RecoveryView } from "../../../broker/api/shapes/people.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { peopleQuery, queryClient, recoveriesQuery } from "../../components/queries.ts";
import { withFreshAssertion } from "../../components/step-up.ts";
import { RelativeTime } from "../../components/time.tsx";
import { recoveryText as words } from "../../text/people.ts";
import type { NewLink } from "./new-link.ts";
import "./recoveries.css";

interface RecoveriesProps {
  readonly onLink: (link: NewLink) => void;
}

export function Recoveries({ onLink }: RecoveriesProps) {
  const { data } = useQuery(recoveriesQuery);
  const [agreeing, setAgreeing] = useState<RecoveryView | null>(null);
  if (data === undefined || data.length === 0) return null;
  return (
    <section className="sp-recoveries">
      <Title order={2} size="h5">
        {words.waitingTitle}
      </Title>
      <ul>
        {data.map((recovery) => (
          <li key={recovery.id}>
            <div>
              <Text size="sm" fw={550}>
                {words.line(recovery.personName, recovery.requestedBy)}
              </Text>
              <Text size="sm">{recovery.reason}</Text>
              <Text size="xs" c="dimmed">
                <RelativeTime atMs={recovery.requestedMs} /> · {words.expires}{" "}
                <RelativeTime atMs={recovery.expiresMs} />
              </Text>
            </div>
            {recovery.mayApprove ? (
              <Button
                size="xs"
                variant="default"
                aria-label={words.approveNamed(recovery.personName)}
                onClick={() => setAgreeing(recovery)}
              >
                {words.approve}
              </Button>
            ) : (
              <Text size="sm" c="dimmed">
                {words.notYou}
              </Text>
            )}
          </li>
        ))}
      </ul>
      {agreeing && <Agree recovery={agreeing} onClose={() => setAgreeing(null)} onLink={onLink} />}
    </section>
  );
}

interface AgreeProps extends RecoveriesProps {
  readonly recovery: RecoveryView;
  readonly onClose: () => void;
}

function Agree({ recovery, onClose, onLink }: AgreeProps) {
  async function agree() {
    const { link } = await withFreshAssertion(() => api.approveRecovery(recovery.id));
    onLink({ name: recovery.personName, link });
    await queryClient.invalidateQueries({ queryKey: peopleQuery.queryKey });
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.approveTitle(recovery.personName)}
      action={words.approveAction}
      onConfirm={agree}
    >
      {words.approveExplain(recovery.personName)}
    </ConfirmDialog>
  );
}
