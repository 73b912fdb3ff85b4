/** What a person must know about their session now, above the work and in the order of urgency. */
import { Alert, Button, Text } from "@mantine/core";
import { IconAlertOctagonFilled, IconAlertTriangleFilled } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { unmetOf, wordsOf } from "../components/conditions.tsx";
import { useNow } from "../components/now.ts";
import { problemOf } from "../components/problem.ts";
import { stepUp } from "../components/step-up.ts";
import { duration } from "../components/time-words.ts";
import { sentence, sessionText as words } from "../text/session.ts";
import { supervisionText } from "../text/supervision.ts";
import { type AnswerTold, type Loss, type SessionState, warningOf } from "./session-state.ts";

interface SessionNoticesProps {
  readonly state: SessionState;
  readonly onDismissLoss: () => void;
  readonly onDismissAnswer: (hold: string) => void;
  readonly onStay: () => void;
  readonly onRetry: () => void;
}

export function SessionNotices(props: SessionNoticesProps) {
  const { state, onDismissLoss, onStay, onRetry } = props;
  const { attachment, recorder, loss, frozen } = state;
  return (
    <div className="wb-notices" aria-live="polite">
      <LinkNotice attachment={attachment} onRetry={onRetry} />
      {recorder.state === "frozen" && (
        <Notice tone="alarm" title={words.frozenTitle}>
          {words.frozenBody(recorder.cause)}
        </Notice>
      )}
      {frozen !== undefined && (
        <Notice tone="attention" title={supervisionText.freeze.ownTitle}>
          {supervisionText.freeze.ownBody(sentence(frozen.reason).replace(/\.$/, ""))}
        </Notice>
      )}
      <ConditionNotice conditions={state.conditions} />
      {loss !== undefined && <LossNotice loss={loss} onDismiss={onDismissLoss} />}
      {state.answers.map((answer) => (
        <AnswerNotice key={answer.hold} answer={answer} onDismiss={props.onDismissAnswer} />
      ))}
      <DeadlineNotice state={state} onStay={onStay} />
    </div>
  );
}

/** Of a signal or a finding: with the passkey it is given back, and the notice goes by itself. */
function isProofAsked({ rule }: { readonly rule: string }): boolean {
  return rule.endsWith("-proof");
}

interface LossNoticeProps {
  readonly loss: Loss;
  readonly onDismiss: () => void;
}

/** Who does not confirm is told so, and asked by the same notice still. */
function LossNotice({ loss: { left, cause }, onDismiss }: LossNoticeProps) {
  const [failed, setFailed] = useState<string>();
  const prove = () => {
    setFailed(undefined);
    stepUp().catch((thrown: unknown) => setFailed(problemOf(thrown).message));
  };
  const action = isProofAsked(cause)
    ? { label: words.loss.prove, act: prove }
    : { label: words.loss.dismiss, act: onDismiss };
  return (
    <Notice tone="alarm" title={words.loss.title(left)} action={action}>
      {words.loss.because(cause.reason, cause.rule)}
      {failed !== undefined && ` ${failed}`}
    </Notice>
  );
}

interface AnswerNoticeProps {
  readonly answer: AnswerTold;
  readonly onDismiss: (hold: string) => void;
}

/** Goes by itself once what was permitted cannot pass any more. */
function AnswerNotice({ answer, onDismiss }: AnswerNoticeProps) {
  const nowMs = useNow();
  const { permitted, by, changes, untilMs = Number.POSITIVE_INFINITY } = answer;
  if (untilMs <= nowMs) return null;
  const told = supervisionText.holds.beforehand.answered;
  const what = changes.map(({ point, asked }) => told.change(point, asked)).join(", ");
  return (
    <Notice
      tone="attention"
      title={permitted ? told.permitted(by) : told.refused(by)}
      action={{ label: words.loss.dismiss, act: () => onDismiss(answer.hold) }}
    >
      {permitted ? told.passes(what, duration(untilMs - nowMs)) : told.nothing(what)}
    </Notice>
  );
}

/** What is missing besides the rights, with the rule that says so. */
function ConditionNotice({ conditions }: Pick<SessionState, "conditions">) {
  const first = unmetOf(conditions);
  if (!first?.unmet) return null;
  const told = wordsOf(first.name);
  const { reason, rule } = first.unmet;
  return (
    <Notice tone="attention" title={told.ownTitle}>
      {told.ownBody(sentence(reason), rule)}
    </Notice>
  );
}

function DeadlineNotice(props: Pick<SessionNoticesProps, "state" | "onStay">) {
  const nowMs = useNow();
  const warning = warningOf(props.state, nowMs);
  if (warning === undefined) return null;
  const left = duration(warning.atMs - nowMs);
  return warning.rule === "idle" ? (
    <Notice
      tone="attention"
      title={words.warning.idleTitle(left)}
      action={{ label: words.warning.stay, act: props.onStay }}
    >
      {words.warning.idleBody}
    </Notice>
  ) : (
    <Notice tone="attention" title={words.warning.untilTitle(left)}>
      {words.warning.untilBody}
    </Notice>
  );
}

function LinkNotice(props: Pick<SessionState, "attachment"> & { readonly onRetry: () => void }) {
  const { attachment } = props;
  switch (attachment.kind) {
    case "attached":
      return null;
    case "attaching":
      return <p className="wb-quiet">{words.link.attaching}</p>;
    case "away":
      return <Notice tone="attention" title={words.link.away} />;
    case "taken-over":
      return (
        <Notice
          tone="attention"
          title={words.link.takenOver}
          action={{ label: words.link.takeBack, act: props.onRetry }}
        >
          {sentence(attachment.cause.reason)}
        </Notice>
      );
    case "refused":
      return (
        <Notice
          tone="alarm"
          title={words.link.refusedTitle}
          action={{ label: words.link.retry, act: props.onRetry }}
        >
          {sentence(attachment.message)} {attachment.again && words.link.again}
        </Notice>
      );
  }
}

interface NoticeProps {
  readonly tone: "alarm" | "attention";
  readonly title: string;
  readonly action?: { readonly label: string; readonly act: () => void };
  readonly children?: ReactNode;
}

export function Notice({ tone, title, action, children }: NoticeProps) {
  const Shape = tone === "alarm" ? IconAlertOctagonFilled : IconAlertTriangleFilled;
  return (
    <Alert
      className="wb-notice"
      data-tone={tone}
      variant="outline"
      role={tone === "alarm" ? "alert" : "status"}
      icon={<Shape size={18} />}
    >
      <div className="wb-notice-line">
        <div>
          <Text size="sm" fw={600}>
            {title}
          </Text>
          {children !== undefined && <Text size="sm">{children}</Text>}
        </div>
        {action && (
          <Button variant="default" size="xs" onClick={action.act}>
            {action.label}
          </Button>
        )}
      </div>
    </Alert>
  );
}
