/** Sessions that wait for the control room: who wants to begin what, agreed to with one touch. */
import "./holds.css";
import { Button, Group, Text, TextInput, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ConsentAnswerBody, ConsentView } from "../../../broker/api/shapes/consents.ts";
import { answerConsent, consentsQuery } from "../../components/consents.ts";
import { useRight } from "../../components/me.ts";
import { useNow } from "../../components/now.ts";
import { queryClient } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { duration } from "../../components/time-words.ts";
import { conditionText } from "../../text/conditions.ts";

const words = conditionText.consent;

export function Consents() {
  const mayAnswer = useRight("session:consent");
  const { data } = useQuery({ ...consentsQuery, enabled: mayAnswer });
  if (!data || data.length === 0) return null;
  return (
    <section className="hd-list" aria-label={words.title}>
      <Title order={2} size="h5">
        {words.title}
      </Title>
      {data.map((consent) => (
        <ConsentCard key={consent.id} consent={consent} />
      ))}
    </section>
  );
}

function ConsentCard({ consent }: { readonly consent: ConsentView }) {
  const { person, assetName, endpoint, profile, purpose } = consent;
  const nowMs = useNow();
  const { busy, thrown, answer } = useAnswer(consent.id);
  return (
    <article
      className="hd-card sp-panel"
      data-state="waiting"
      aria-label={words.label(person.name, assetName)}
    >
      <div className="hd-head">
        <span>
          <strong>{person.name}</strong> {words.wants} <strong>{assetName}</strong>
        </span>
        <span className="hd-left">
          {words.left(duration(Math.max(0, consent.untilMs - nowMs)))}
        </span>
      </div>
      <dl className="hd-facts">
        <dt>{words.from}</dt>
        <dd>{person.employer}</dd>
        <dt>{words.endpoint}</dt>
        <dd className="sp-mono">{endpoint}</dd>
        <dt>{words.profile}</dt>
        <dd>{profile}</dd>
        {purpose !== "" && (
          <>
            <dt>{words.purpose}</dt>
            <dd>{purpose}</dd>
          </>
        )}
      </dl>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      {consent.mayAnswer ? (
        <Answers busy={busy} onAnswer={answer} />
      ) : (
        <Text size="sm">{words.own}</Text>
      )}
    </article>
  );
}

interface AnswersProps {
  readonly busy: boolean;
  readonly onAnswer: (body: ConsentAnswerBody) => void;
}

/** Refusing asks why first; agreeing is one touch. */
function Answers({ busy, onAnswer }: AnswersProps) {
  const [refusing, setRefusing] = useState(false);
  const [reason, setReason] = useState("");
  const refuse = () => {
    if (!refusing) setRefusing(true);
    else onAnswer({ answer: "refuse", reason });
  };
  return (
    <>
      {refusing && (
        <TextInput
          label={words.reason}
          value={reason}
          maxLength={300}
          data-autofocus
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
      <Group gap="sm" grow>
        <Button
          size="md"
          variant="default"
          disabled={busy || (refusing && reason.trim() === "")}
          onClick={refuse}
        >
          {words.refuse}
        </Button>
        <Button size="md" disabled={busy} onClick={() => onAnswer({ answer: "agree", reason: "" })}>
          {words.agree}
        </Button>
      </Group>
    </>
  );
}

function useAnswer(id: string) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function answer(body: ConsentAnswerBody) {
    setBusy(true);
    setThrown(undefined);
    try {
      const { state } = await answerConsent(id, body);
      const message = state === "refused" ? words.refused : words.agreed;
      notifications.show({ message, color: "slate" });
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: consentsQuery.queryKey });
    }
  }
  return { busy, thrown, answer: (body: ConsentAnswerBody) => void answer(body) };
}
