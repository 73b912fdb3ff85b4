/** What is signed to break the glass and to review it. Made anew when the answer comes. */
import type { ActionContent } from "../identity/signed-actions.ts";
import type { BreakGlassUse, BreakGlassVerdict, Person } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import { AccessRefused } from "./access.ts";

export interface NewBreakGlass {
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly profile: string;
  /** Who will hold the grant: oneself, or somebody who can act. */
  readonly holderId: string;
  readonly durationMs: number;
  readonly reason: string;
}

export interface BreakGlassReview {
  readonly verdict: BreakGlassVerdict;
  readonly comment: string;
  /** Sessions under the grant, as the reviewer was shown their recordings. */
  readonly sessions: readonly string[];
}

/** Time to stop what is wrong. What takes longer is asked for while the first hour runs. */
export const BREAK_GLASS_MAX_MS = 60 * 60_000;
export const BREAK_GLASS_MIN_MS = 5 * 60_000;
const REASON_MAX = 300;
const COMMENT_MAX = 500;
/** Of one use: more stay in the recordings, which name their grant. */
export const REVIEWED_SESSIONS_MAX = 100;

/** Made harmless and complete. @throws AccessRefused input-invalid */
export function breakGlassFrom(wanted: NewBreakGlass): NewBreakGlass {
  const { durationMs } = wanted;
  const reason = plainText(wanted.reason, REASON_MAX);
  if (reason === "") throw input("Say what is wrong: everybody who is told reads it.");
  const fits = durationMs >= BREAK_GLASS_MIN_MS && durationMs <= BREAK_GLASS_MAX_MS;
  if (!Number.isSafeInteger(durationMs) || !fits) throw input("It is for 5 to 60 minutes.");
  return { ...wanted, reason };
}

export function openingContent(
  wanted: NewBreakGlass,
  opener: Person,
  holder: Person,
  plantDigest: string,
): ActionContent {
  return {
    act: "open",
    openedBy: { id: opener.id, name: opener.name },
    holder: { id: holder.id, name: holder.name },
    ...{ endpoint: wanted.endpoint, profile: wanted.profile, durationMs: wanted.durationMs },
    ...{ reason: wanted.reason, plantDigest },
  };
}

/** Of a content that `openingContent` made. */
export function wantedIn(content: ActionContent): NewBreakGlass {
  const { endpoint, profile, durationMs, reason, holder } = content;
  const holderId = holder !== null && typeof holder === "object" && "id" in holder && holder.id;
  return {
    ...{ endpoint: String(endpoint), profile: String(profile), holderId: String(holderId) },
    ...{ durationMs: Number(durationMs), reason: String(reason) },
  };
}

/** @throws AccessRefused input-invalid */
export function reviewFrom(given: BreakGlassReview): BreakGlassReview {
  const comment = plainText(given.comment, COMMENT_MAX);
  if (comment === "") throw input("Say what you found: the review is nothing without it.");
  const sessions = [...given.sessions].sort().slice(0, REVIEWED_SESSIONS_MAX);
  return { verdict: given.verdict, comment, sessions };
}

export function reviewContent(use: BreakGlassUse, review: BreakGlassReview): ActionContent {
  return {
    ...{ act: "review", use: use.id, openedBy: { ...use.openedBy }, holder: { ...use.holder } },
    ...{ endpoint: use.endpoint, profile: use.profile, reason: use.reason },
    ...{ openedMs: use.openedMs, untilMs: use.untilMs, sessions: [...review.sessions] },
    ...{ verdict: review.verdict, comment: review.comment },
  };
}

/** Of a content that `reviewContent` made. */
export function reviewIn(content: ActionContent): BreakGlassReview {
  const { sessions } = content;
  return {
    verdict: content.verdict === "justified" ? "justified" : "not-justified",
    comment: String(content.comment),
    sessions: Array.isArray(sessions) ? sessions.map(String) : [],
  };
}

function input(message: string): AccessRefused {
  return new AccessRefused("input-invalid", message);
}
