/** What a guard is told of a verdict: live and when a tape is run again, the same. */
import type { Answer, Guard } from "../guard.ts";
import { type Judged, TO_BE_SCANNED } from "./record.ts";

export function answersFor({ tellsWhy }: Guard, items: readonly Judged[]): readonly Answer[] {
  if (!tellsWhy) return items.map(({ answer }) => answer);
  return items.map(({ answer, rule, reason }) => {
    if (answer.kind === "deny") return { ...answer, because: { rule, reason } };
    return answer.kind === "permit" && reason === TO_BE_SCANNED ? SCANNED_FIRST : answer;
  });
}

const SCANNED_FIRST: Answer = { kind: "permit", scan: true };
