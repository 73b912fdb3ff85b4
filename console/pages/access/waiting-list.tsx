/** What waits for this person: read, then one touch of the passkey. Made for a phone in one hand. */
import { Button, Checkbox, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { RequestView } from "../../../broker/api/shapes/requests.ts";
import { api, type DecisionBody } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { InlineNotice } from "../../components/inline-notice.tsx";
import { queryClient, requestsQuery } from "../../components/queries.ts";
import { signAction } from "../../components/sign-action.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { accessText } from "../../text/access.ts";
import { conditionText } from "../../text/conditions.ts";
import { RequestFacts } from "./request-facts.tsx";

const words = accessText.waits;

interface WaitingListProps {
  readonly requests: readonly RequestView[];
  /** Id of the one that a notice elsewhere led to. */
  readonly meant: string | null;
}

export function WaitingList({ requests, meant }: WaitingListProps) {
  const isOver = meant !== null && !requests.some(({ id }) => id === meant);
  if (requests.length === 0 && !isOver) return null;
  return (
    <section aria-label={words.title} className="ac-section">
      <Title order={2} size="h5">
        {words.title}
      </Title>
      {isOver && (
        <Text size="sm" c="dimmed">
          {words.over}
        </Text>
      )}
      <ul className="ac-waiting">
        {requests.map((request) => (
          <li
            key={request.id}
            className="sp-panel"
            data-meant={request.id === meant || undefined}
            ref={request.id === meant ? showFirst : undefined}
          >
            <Waiting request={request} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Once, as it appears. */
function showFirst(item: HTMLLIElement | null): void {
  item?.scrollIntoView({ block: "center" });
}

function Waiting({ request }: { readonly request: RequestView }) {
  const { busy, thrown, decide } = useDecision(request);
  const [refusing, setRefusing] = useState(false);
  const [needs, setNeeds] = useState<readonly Need[]>([]);
  const { person, requestedBy } = request;
  return (
    <article aria-label={words.asks(person.name, person.employer)}>
      <header className="ac-who">
        <strong>{words.asks(person.name, person.employer)}</strong>
        {requestedBy.id !== person.id && (
          <span className="sp-dim">{words.forWhom(requestedBy.name)}</span>
        )}
        {request.moreTimeFor !== null && <span>{words.moreTime}</span>}
        <span className="sp-dim">
          <RelativeTime atMs={request.createdMs} />, {words.until}{" "}
          <RelativeTime atMs={request.expiresMs} />
        </span>
      </header>
      <InlineNotice>{request.alike.length > 0 && words.alike(request.alike)}</InlineNotice>
      <RequestFacts request={request} />
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      {request.moreTimeFor === null && <Needs needs={needs} onChange={setNeeds} />}
      <div className="ac-decide">
        <Button
          variant="default"
          disabled={busy}
          aria-label={words.refuseNamed(person.name)}
          onClick={() => setRefusing(true)}
        >
          {words.refuse}
        </Button>
        <Button
          loading={busy}
          aria-label={words.approveNamed(person.name)}
          onClick={() => void decide({ decision: "approve", reason: "", needs }).catch(() => {})}
        >
          {words.approve}
        </Button>
        <span className="sp-dim">{words.signs}</span>
      </div>
      <ConfirmDialog
        opened={refusing}
        onClose={() => setRefusing(false)}
        title={words.refuseTitle(person.name)}
        action={words.refuse}
        reasonLabel={words.refuseReason}
        onConfirm={(reason) => decide({ decision: "refuse", reason })}
      >
        {words.refuseExplain}
      </ConfirmDialog>
    </article>
  );
}

type Need = NonNullable<DecisionBody["needs"]>[number];

const NEEDS: readonly Need[] = ["supervisor", "consent"];

interface NeedsProps {
  readonly needs: readonly Need[];
  readonly onChange: (needs: readonly Need[]) => void;
}

/** Who approves may ask for more than the rules of the plant do, never for less. */
function Needs({ needs, onChange }: NeedsProps) {
  return (
    <Stack gap={6} mb="sm">
      {NEEDS.map((need) => (
        <Checkbox
          key={need}
          size="sm"
          label={conditionText.ask[need]}
          checked={needs.includes(need)}
          onChange={(event) => {
            const others = needs.filter((other) => other !== need);
            onChange(event.currentTarget.checked ? [...others, need] : others);
          }}
        />
      ))}
    </Stack>
  );
}

function useDecision({ id }: RequestView) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function decide(body: DecisionBody): Promise<void> {
    setBusy(true);
    setThrown(undefined);
    try {
      const signed = await signAction(await api.decisionOptions(id, body), words.altered);
      await api.decideRequest(id, signed);
    } catch (failure) {
      if (body.decision === "approve") setThrown(failure);
      throw failure;
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: requestsQuery.queryKey });
    }
  }
  return { busy, thrown, decide };
}
