import type { MeView } from "../../broker/api/shapes/people.ts";

/** Time to finish a sentence, find the key and come back from the plant. */
const TOLD_BEFORE_MS = 30 * 60_000;
/** Where a site allows minutes only, the last part of them: told at once it would be no news. */
const LAST_PART = 4;

type Ends = Pick<MeView, "assertedMs" | "absoluteEndsMs">;

/** Whether the person should be told now that the sign-in ends, however busy it is. */
export function isEndingSoon({ assertedMs, absoluteEndsMs }: Ends, nowMs: number): boolean {
  const lastMs = Math.max(0, absoluteEndsMs - assertedMs) / LAST_PART;
  return absoluteEndsMs - nowMs < Math.min(TOLD_BEFORE_MS, lastMs);
}
