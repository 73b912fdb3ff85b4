/** A write that waits: for the disk and the asset, for a value, or for a second person. */
import { useNow } from "../../components/now.ts";
import { duration } from "../../components/time-words.ts";
import { supervisionText } from "../../text/supervision.ts";
import { workbenchText } from "../../text/workbench.ts";
import { Notice } from "../session-notices.tsx";
import type { Decision } from "./operation-log.ts";

/** Says for what it waits, and how long somebody can still answer. */
export function WriteWaits({ decision }: { readonly decision: Decision | undefined }) {
  if (decision?.verdict === "hold" && decision.answerByMs !== undefined) {
    return <WaitingForPerson untilMs={decision.answerByMs} rule={decision.rule} />;
  }
  const { held, probing, waiting } = workbenchText.write;
  return (
    <p className="wb-quiet" role="status">
      {decision?.verdict === "hold" ? `${held(decision.rule)}. ${probing}` : waiting}
    </p>
  );
}

interface WaitingForPersonProps {
  readonly untilMs: number;
  readonly rule: string;
}

function WaitingForPerson({ untilMs, rule }: WaitingForPersonProps) {
  const nowMs = useNow();
  const left = duration(Math.max(0, untilMs - nowMs));
  const { waitingFor, waitsUntil } = supervisionText.holds;
  return (
    <Notice tone="attention" title={waitingFor}>
      {workbenchText.write.held(rule)}. {waitsUntil(left)} {workbenchText.write.staysHeld}
    </Notice>
  );
}
