/** A write that waits for a second person: who must answer, and how long they still can. */
import { useNow } from "../../components/now.ts";
import { duration } from "../../components/time-words.ts";
import { supervisionText } from "../../text/supervision.ts";
import { workbenchText } from "../../text/workbench.ts";
import { Notice } from "../session-notices.tsx";

interface WaitingForPersonProps {
  readonly untilMs: number;
  readonly rule: string;
}

export function WaitingForPerson({ untilMs, rule }: WaitingForPersonProps) {
  const nowMs = useNow();
  const left = duration(Math.max(0, untilMs - nowMs));
  const { waitingFor, waitsUntil } = supervisionText.holds;
  return (
    <Notice tone="attention" title={waitingFor}>
      {workbenchText.write.held(rule)}. {waitsUntil(left)}
    </Notice>
  );
}
