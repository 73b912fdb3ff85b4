/** What a guard is told of a verdict: live and when a tape is run again, the same. */
import type { Answer, Guard } from "../guard.ts";
import type { Judged } from "./record.ts";

export function answersFor({ tellsWhy }: Guard, items: readonly Judged[]): readonly Answer[] {
  if (!tellsWhy) return items.map(({ answer }) => answer);
  return items.map(({ answer, rule, reason }) =>
    answer.kind === "deny" ? { ...answer, because: { rule, reason } } : answer,
  );
}
