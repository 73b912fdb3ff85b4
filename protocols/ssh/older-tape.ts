/** What a tape that was made by an older build says of how its guard judged: it runs again so. */
import type { Header } from "../tape/record.ts";
import type { OlderTape } from "./stream-filter.ts";

/** Of a header, or of what a session that begins now is recorded with. */
export function olderTape(
  header: Partial<Pick<Header, "decidesRealpath" | "tellsPassed" | "looksAgain">>,
): OlderTape {
  return {
    realpathUndecided: header.decidesRealpath !== true,
    passedUntold: header.tellsPassed !== true,
    openedUnlooked: header.looksAgain !== true,
  };
}
