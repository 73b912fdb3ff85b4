/** Requests of this person, and what this person decided; the newest first. */
import { Button, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { RequestView } from "../../../broker/api/shapes/requests.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { useRight } from "../../components/me.ts";
import { queryClient, requestsQuery } from "../../components/queries.ts";
import { StateBadge, type Tone } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { accessText } from "../../text/access.ts";
import { searchText } from "../../text/search.ts";
import { searchAddress } from "../search/query-address.ts";
import { When } from "./request-facts.tsx";

const words = accessText.requests;

const TONES: Record<RequestView["state"], Tone> = {
  waiting: "active",
  approved: "normal",
  refused: "normal",
  withdrawn: "normal",
  expired: "normal",
};

/** Shown before "earlier": a page, not an archive. */
const SHOWN = 12;

export function RequestList({ requests }: { readonly requests: readonly RequestView[] }) {
  const [all, setAll] = useState(false);
  const [taking, setTaking] = useState<RequestView | null>(null);
  return (
    <section aria-label={words.title} className="ac-section">
      <Title order={2} size="h5">
        {words.title}
      </Title>
      {requests.length === 0 && (
        <Text size="sm" c="dimmed">
          {words.empty}
        </Text>
      )}
      <ul className="ac-requests">
        {requests.slice(0, all ? undefined : SHOWN).map((request) => (
          <li key={request.id} className="sp-panel">
            <Line request={request} onTakeBack={() => setTaking(request)} />
          </li>
        ))}
      </ul>
      {!all && requests.length > SHOWN && (
        <Button variant="default" size="xs" onClick={() => setAll(true)}>
          {words.earlier}
        </Button>
      )}
      {taking && <TakeBack request={taking} onClose={() => setTaking(null)} />}
    </section>
  );
}

interface LineProps {
  readonly request: RequestView;
  readonly onTakeBack: () => void;
}

function Line({ request, onTakeBack }: LineProps) {
  const { person, state, decisions } = request;
  const maySearch = useRight("recording:own", "recording:all");
  const where = request.endpoints.map(({ assetName }) => assetName).join(", ");
  return (
    <article className="ac-request" aria-label={where}>
      <div className="ac-request-what">
        <strong>{where}</strong> · {request.profile} · <When request={request} />
        <Text size="sm" c="dimmed">
          {!request.mine && `${accessText.waits.asks(person.name, person.employer)}: `}
          {request.reason}
          {request.ticket !== "" && ` (${request.ticket})`}
        </Text>
        {decisions.map(({ name, decision, reason, atMs }) => (
          <Text size="sm" key={`${name} ${atMs}`}>
            {decision === "approve" ? words.state.approved : words.state.refused} {words.by(name)}
            {reason !== "" && `: ${reason}`}
          </Text>
        ))}
      </div>
      <div className="ac-request-state">
        <StateBadge tone={TONES[state]} word={words.state[state]} />
        <span className="sp-dim">
          <RelativeTime atMs={request.stateMs} />
        </span>
        {state === "approved" && maySearch && (
          <Link to={searchAddress("request", request.id)}>{searchText.ofRequest}</Link>
        )}
        {request.mayWithdraw && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.withdrawNamed(where)}
            onClick={onTakeBack}
          >
            {state === "approved" ? accessText.grants.giveBack : words.withdraw}
          </Button>
        )}
      </div>
    </article>
  );
}

interface TakeBackProps {
  readonly request: RequestView;
  readonly onClose: () => void;
}

function TakeBack({ request, onClose }: TakeBackProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.withdrawTitle}
      action={words.withdraw}
      onConfirm={async () => {
        await api.withdrawRequest(request.id);
        await queryClient.invalidateQueries({ queryKey: requestsQuery.queryKey });
      }}
    >
      {request.state === "approved" ? words.withdrawApproved : words.withdrawWaiting}
    </ConfirmDialog>
  );
}
