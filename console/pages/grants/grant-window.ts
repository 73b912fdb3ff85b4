/** What is wrong with the window of a grant that someone types. Pure. */
import { fromLocalInput } from "../../components/time-words.ts";
import { grantFormText as words } from "../../text/grants.ts";

export const GRANT_LENGTHS_MS = {
  shift: 8 * 3_600_000,
  day: 24 * 3_600_000,
  week: 7 * 24 * 3_600_000,
} as const;

export interface GrantWindow {
  /** As in `<input type="datetime-local">`. */
  readonly from: string;
  readonly until: string;
}

export function problemOfFrom({ from }: GrantWindow): string | null {
  return fromLocalInput(from) === undefined ? words.timeMissing : null;
}

export function problemOfUntil({ from, until }: GrantWindow, nowMs: number): string | null {
  const untilMs = fromLocalInput(until);
  const fromMs = fromLocalInput(from);
  if (untilMs === undefined) return words.timeMissing;
  if (untilMs <= nowMs) return words.untilPast;
  return fromMs !== undefined && untilMs <= fromMs ? words.untilBeforeFrom : null;
}
