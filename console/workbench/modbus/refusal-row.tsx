/** A refusal, where it happened: which rule, why, and what the asset's protocol says. */
import { CloseButton } from "@mantine/core";
import { IconAlertOctagonFilled } from "@tabler/icons-react";
import { RelativeTime } from "../../components/time.tsx";
import { sentence } from "../../text/session.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { Answer } from "./line.ts";
import type { Refusal } from "./refusals.ts";

const words = workbenchText.refusal;

interface RefusalRowProps {
  readonly tag: string;
  readonly refusal: Refusal;
  readonly columns: number;
  readonly onDismiss: () => void;
}

export function RefusalRow({ tag, refusal, columns, onDismiss }: RefusalRowProps) {
  return (
    <tr className="tg-refusal" data-tone="alarm">
      <td colSpan={columns}>
        <div className="tg-refusal-box" role="alert">
          <IconAlertOctagonFilled size={15} aria-hidden />
          <div>
            <RefusalWords tag={tag} answer={refusal.answer} words={refusal.words} />
          </div>
          <span className="wb-dim">
            <RelativeTime atMs={refusal.atMs} />
          </span>
          <CloseButton size="sm" aria-label={workbenchText.tags.dismiss(tag)} onClick={onDismiss} />
        </div>
      </td>
    </tr>
  );
}

interface RefusalWordsProps {
  readonly tag: string;
  readonly answer: Answer;
  readonly words: string;
}

/** The rule and its reason first: that is what a person can do something about. */
export function RefusalWords({ tag, answer, words: outcome }: RefusalWordsProps) {
  if (answer.kind === "lost") {
    return (
      <>
        <strong>{words.lostTitle(tag)}</strong>
        <p>
          {outcome} {words.lostAdvice}
        </p>
      </>
    );
  }
  const denied = answer.kind === "denied" ? answer.decision : undefined;
  return (
    <>
      <strong>{words.title(tag)}</strong>
      {denied && <span className="tg-rule sp-mono">{words.byRule(denied.rule)}</span>}
      <p>
        {denied ? `${sentence(denied.reason)} ` : ""}
        <span className="wb-dim">{outcome}</span>
      </p>
    </>
  );
}
