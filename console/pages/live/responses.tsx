/** What a finding stopped: the sentence, its moment, and an answer signed by the passkey. */
import "./holds.css";
import { Anchor, Button, Group, Text, TextInput, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { ResponseAnswerBody, ResponseView } from "../../../broker/api/shapes/responses.ts";
import { useRight } from "../../components/me.ts";
import { useNow } from "../../components/now.ts";
import { queryClient } from "../../components/queries.ts";
import { answerResponse, responsesQuery } from "../../components/responses.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { duration } from "../../components/time-words.ts";
import { responseText } from "../../text/responses.ts";
import { sentence } from "../../text/session.ts";

const words = responseText.waiting;

export function Responses() {
  const mayAnswer = useRight("session:freeze");
  const { data } = useQuery({ ...responsesQuery, enabled: mayAnswer });
  if (!data || data.waiting.length === 0) return null;
  return (
    <section className="hd-list" aria-label={words.title}>
      <Title order={2} size="h5">
        {words.title}
      </Title>
      {data.waiting.map((response) => (
        <ResponseCard key={response.id} response={response} />
      ))}
    </section>
  );
}

function ResponseCard({ response }: { readonly response: ResponseView }) {
  const { person, asset, rule, more, sessions, unanswered } = response;
  const { busy, thrown, answer } = useAnswer(response.id);
  return (
    <article
      className="hd-card sp-panel"
      data-state="waiting"
      aria-label={words.label(person.name, asset.name)}
    >
      <div className="hd-head">
        <span>
          <strong>{person.name}</strong> {words.where} <strong>{asset.name}</strong>
        </span>
        <Left response={response} />
      </div>
      <Text style={{ overflowWrap: "anywhere" }}>
        {sentence(response.sentence)}{" "}
        {more > 0 && <span className="sp-dim">{words.more(more)}</span>}
      </Text>
      <Moment response={response} />
      <Text size="sm" c="dimmed">
        {words.rule} <span className="sp-mono">{rule}</span>. {words.sessions(sessions.length)}{" "}
        {words.without[unanswered]}
      </Text>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      {response.mayAnswer ? (
        <Answers response={response} busy={busy} onAnswer={answer} />
      ) : (
        <Text size="sm">{words.own}</Text>
      )}
    </article>
  );
}

function Left({ response: { untilMs, overdue } }: { readonly response: ResponseView }) {
  const nowMs = useNow();
  return (
    <span className="hd-left">
      {overdue ? words.overdue : words.left(duration(Math.max(0, untilMs - nowMs)))}
    </span>
  );
}

/** Of a session that goes on its recording can be looked at too. */
function Moment({
  response: { session, sequence, sessions },
}: {
  readonly response: ResponseView;
}) {
  const [live] = sessions;
  const at = sequence === null ? "" : `?at=${sequence}`;
  return (
    <Group gap="md">
      <Anchor component={Link} to={`/recordings/${session}${at}`} size="sm">
        {words.moment}
      </Anchor>
      {live !== undefined && (
        <Anchor component={Link} to={`/live/${live}`} size="sm">
          {words.watch}
        </Anchor>
      )}
    </Group>
  );
}

interface AnswersProps {
  readonly response: ResponseView;
  readonly busy: boolean;
  readonly onAnswer: (body: ResponseAnswerBody) => void;
}

/** First what, then why: both are signed. */
function Answers({ response, busy, onAnswer }: AnswersProps) {
  const [chosen, setChosen] = useState<ResponseAnswerBody["answer"]>();
  const [reason, setReason] = useState("");
  if (chosen === undefined) {
    return (
      <Group gap="sm" grow>
        {response.mayEnd && (
          <Button size="md" variant="default" disabled={busy} onClick={() => setChosen("end")}>
            {words.end}
          </Button>
        )}
        <Button size="md" disabled={busy} onClick={() => setChosen("resume")}>
          {words.resume}
        </Button>
      </Group>
    );
  }
  return (
    <>
      <TextInput
        label={words.reason}
        value={reason}
        maxLength={300}
        data-autofocus
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group gap="sm" grow>
        <Button size="md" variant="default" disabled={busy} onClick={() => setChosen(undefined)}>
          {words.back}
        </Button>
        <Button
          size="md"
          {...(chosen === "end" ? { color: "red" } : {})}
          disabled={busy || reason.trim() === ""}
          onClick={() => onAnswer({ answer: chosen, reason: reason.trim() })}
        >
          {words.sign(chosen)}
        </Button>
      </Group>
    </>
  );
}

function useAnswer(id: string) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function answer(body: ResponseAnswerBody) {
    setBusy(true);
    setThrown(undefined);
    try {
      await answerResponse(id, body);
      notifications.show({ message: words.done[body.answer], color: "slate" });
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: responsesQuery.queryKey });
    }
  }
  return { busy, thrown, answer: (body: ResponseAnswerBody) => void answer(body) };
}
