/** What waits for a second person: who wants what, the value now beside the one asked for. */
import "./holds.css";
import { Button, Group, NativeSelect, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { HoldAnswerBody, HoldView } from "../../../broker/api/shapes/holds.ts";
import { useRight } from "../../components/me.ts";
import { useNow } from "../../components/now.ts";
import { queryClient } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { answerHold, holdsQuery } from "../../components/supervision.ts";
import { duration } from "../../components/time-words.ts";
import { sentence } from "../../text/session.ts";
import { supervisionText } from "../../text/supervision.ts";

const words = supervisionText.holds;
/** Long enough for a technician to hear of it and press the button again. */
const PERMIT_NEXT_MINUTES = 10;

export function Holds() {
  const mayAnswer = useRight("hold:answer");
  const { data } = useQuery({ ...holdsQuery, enabled: mayAnswer });
  const waiting = data?.filter(({ state }) => state === "waiting") ?? [];
  const lapsed = data?.filter(({ state }) => state === "lapsed") ?? [];
  const asked = data?.filter(({ state }) => state === "asked") ?? [];
  return (
    <>
      <HoldList title={words.title} holds={waiting} />
      <HoldList title={words.askedTitle} holds={asked} />
      <HoldList title={words.lapsedTitle} holds={lapsed} />
    </>
  );
}

interface HoldListProps {
  readonly title: string;
  readonly holds: readonly HoldView[];
}

function HoldList({ title, holds }: HoldListProps) {
  if (holds.length === 0) return null;
  return (
    <section className="hd-list" aria-label={title}>
      <Title order={2} size="h5">
        {title}
      </Title>
      {holds.map((hold) => (
        <HoldCard key={hold.id} hold={hold} />
      ))}
    </section>
  );
}

function HoldCard({ hold }: { readonly hold: HoldView }) {
  const { subject, asset, changes, state } = hold;
  const { busy, thrown, answer } = useAnswer(hold.id);
  const point = changes[0]?.point ?? hold.rule;
  return (
    <article
      className="hd-card sp-panel"
      data-state={state}
      aria-label={words.label(subject.name, point)}
    >
      <div className="hd-head">
        <span>
          <strong>{subject.name}</strong> {words.wants(asset.name)}
        </span>
        {state === "waiting" && <Countdown untilMs={hold.untilMs} />}
      </div>
      {changes.map((change) => (
        <dl key={change.point} className="hd-change">
          <dt className="hd-point sp-mono">{change.point}</dt>
          {change.asked !== "" && (
            <>
              <dd>
                <span className="hd-small">{words.now}</span>
                <span className="hd-value">{change.now || words.nothingToRead}</span>
              </dd>
              <dd className="hd-arrow">
                <IconArrowRight size={18} aria-hidden />
              </dd>
              <dd>
                <span className="hd-small">{words.asked}</span>
                <span className="hd-value">{change.asked}</span>
              </dd>
            </>
          )}
        </dl>
      ))}
      <Text size="sm" c="dimmed">
        {state === "lapsed" ? words.why(hold.why) : hold.rule}
        {state === "waiting" && <Waiting hold={hold} />}
        {state === "asked" && <span className="hd-said">{words.askedWhy}</span>}
      </Text>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      {hold.mayAnswer ? (
        <Answers state={state} busy={busy} onAnswer={answer} />
      ) : (
        <Text size="sm">{words.own}</Text>
      )}
    </article>
  );
}

/** What silence means, and the way to what the person is doing. */
function Waiting({ hold: { session, subject, asset } }: { readonly hold: HoldView }) {
  const mayWatch = useRight("session:watch");
  return (
    <span className="hd-said">
      {words.ifNobody}{" "}
      {mayWatch && (
        <Link to={`/live/${session}`} aria-label={words.watchNamed(subject.name, asset.name)}>
          {words.watch}
        </Link>
      )}
    </span>
  );
}

interface AnswersProps {
  readonly state: HoldView["state"];
  readonly busy: boolean;
  readonly onAnswer: (body: HoldAnswerBody) => void;
}

function Answers({ state, busy, onAnswer }: AnswersProps) {
  if (state === "lapsed") {
    const next = { answer: "permit-next", minutes: PERMIT_NEXT_MINUTES } as const;
    return (
      <Button variant="default" disabled={busy} onClick={() => onAnswer(next)}>
        {words.permitNext(PERMIT_NEXT_MINUTES)}
      </Button>
    );
  }
  if (state === "asked") return <AskedAnswers busy={busy} onAnswer={onAnswer} />;
  return (
    <Group gap="sm" grow>
      <Button
        size="md"
        variant="default"
        disabled={busy}
        onClick={() => onAnswer({ answer: "refuse" })}
      >
        {words.refuse}
      </Button>
      <Button size="md" disabled={busy} onClick={() => onAnswer({ answer: "permit" })}>
        {words.permit}
      </Button>
    </Group>
  );
}

/** Time enough to start the tool; more is a standing right. */
const MINUTES = [5, 10, 30, 60];

function AskedAnswers({ busy, onAnswer }: Omit<AnswersProps, "state">) {
  const [minutes, setMinutes] = useState(PERMIT_NEXT_MINUTES);
  return (
    <>
      <NativeSelect
        label={words.within}
        value={String(minutes)}
        data={MINUTES.map((each) => ({ value: String(each), label: words.minutes(each) }))}
        onChange={(event) => setMinutes(Number(event.currentTarget.value))}
      />
      <Group gap="sm" grow mt="xs">
        <Button
          size="md"
          variant="default"
          disabled={busy}
          onClick={() => onAnswer({ answer: "refuse" })}
        >
          {words.refuse}
        </Button>
        <Button
          size="md"
          disabled={busy}
          onClick={() => onAnswer({ answer: "permit-next", minutes })}
        >
          {words.permitAsked}
        </Button>
      </Group>
    </>
  );
}

function useAnswer(id: string) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function answer(body: HoldAnswerBody) {
    setBusy(true);
    setThrown(undefined);
    try {
      const { result, reason } = await answerHold(id, body);
      const title = words.results[result];
      notifications.show({ title, message: sentence(reason), autoClose: 10_000, color: "slate" });
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: holdsQuery.queryKey });
    }
  }
  return { busy, thrown, answer: (body: HoldAnswerBody) => void answer(body) };
}

function Countdown({ untilMs }: { readonly untilMs: number }) {
  const nowMs = useNow();
  return <span className="hd-left">{words.left(duration(Math.max(0, untilMs - nowMs)))}</span>;
}
