/** Which tokens their people should look at: to end them, or to make others before they end. */
import type { ApiToken } from "../../store/api-tokens.ts";
import type { TokenMark } from "../shapes/tokens.ts";

const DAY_MS = 86_400_000;
/** As of workloads: longer than a change freeze or a holiday takes is forgotten. */
const UNUSED_MS = 30 * DAY_MS;
/** Somebody has to come with a passkey for another one. */
const EXPIRING_MS = 14 * DAY_MS;
/** Of a life that is short from the beginning. */
const LAST_PART = 1 / 4;

export function tokenMarks(
  { createdMs, expiresMs, usedMs }: Pick<ApiToken, "createdMs" | "expiresMs" | "usedMs">,
  nowMs: number,
): TokenMark[] {
  const marks: TokenMark[] = [];
  if (nowMs - (usedMs ?? createdMs) > UNUSED_MS) marks.push("unused");
  if (expiresMs - nowMs < Math.min(EXPIRING_MS, (expiresMs - createdMs) * LAST_PART)) {
    marks.push("expiring");
  }
  return marks;
}
