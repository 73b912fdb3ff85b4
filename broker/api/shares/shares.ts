/** Links to recordings: made, listed with their uses, and revoked by whoever may share. */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import {
  SHARE_MAX_MS,
  SHARE_MIN_MS,
  ShareRefused,
  type Shares,
} from "../../evidence/viewing/shares.ts";
import { requireFresh } from "../../identity/own-passkeys.ts";
import type { RecordingShare } from "../../store/recording-shares.ts";
import type { NamedLook } from "../../store/recording-views.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, instant, nameText, reasonText } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { lookView } from "../recordings/list-views.ts";
import { viewedOf } from "../recordings/viewed.ts";
import { maySee, visibleRecording } from "../recordings/visible-recording.ts";
import { newShareSchema, type ShareView, shareSchema } from "../shapes/viewing.ts";
import { type StandingParts, sharedStill } from "./standing.ts";

export interface ShareParts extends StandingParts {
  readonly recordings: Recordings;
  readonly shares: Shares;
  readonly looks: Looks;
  readonly clock: Clock;
}

const HOUR_MS = 60 * 60_000;

export function makeShare({ recordings, shares, clock }: ShareParts) {
  return endpoint({
    summary: "A link to a recording for a person without an account; needs a fresh assertion",
    body: z.strictObject({
      recording: z.string().min(1).max(100),
      recipient: nameText,
      reason: reasonText,
      endsMs: instant,
      range: z.strictObject({ fromMs: instant, untilMs: instant }).nullable(),
    }),
    answer: newShareSchema,
    status: 201,
    handle: async (call) => {
      requireFresh(call.me);
      const { recording: id, range, endsMs, recipient, reason } = call.body;
      const recording = await visibleRecording(recordings, id, call);
      checkEnd(endsMs - clock.wallMs());
      if (range) checkRange(recording, range);
      const wanted = { range, endsMs, recipient, reason };
      const made = await shares
        .make({ by: call.me.person, viewed: viewedOf(recording), ...wanted })
        .catch((error: unknown) => {
          throw error instanceof ShareRefused ? tooMany() : error;
        });
      return { share: shareView(made.share, "open", []), token: made.token };
    },
  });
}

export function listShares(parts: ShareParts) {
  const { recordings, shares, looks } = parts;
  return endpoint({
    summary: "Links to recordings with their uses, newest first; of one recording, or of all",
    query: z.strictObject({ recording: z.string().min(1).max(100).exactOptional() }),
    answer: z.array(shareSchema),
    handle: async (call) => {
      const { recording } = call.query;
      if (recording !== undefined) await visibleRecording(recordings, recording, call);
      else if (!call.rights.has("recording:all")) throw notFound();
      const list = await shares.list(recording);
      const uses = await looks.ofShares(list.map(({ id }) => id));
      const views: ShareView[] = [];
      for (const share of list) {
        const of = await recordings.get(share.recording);
        // Of one that is gone everywhere nobody can say at which site it was.
        if (of ? !maySee(of, call) : !call.mayAt("recording:all", "")) continue;
        views.push(shareView(share, await stateOf(parts, share), uses));
      }
      return views;
    },
  });
}

export function revokeShare({ recordings, shares }: ShareParts) {
  return endpoint({
    summary: "Revoke a link to a recording: who looks by it sees nothing more",
    params: idParameter,
    handle: async (call) => {
      const share = await shares.get(call.params.id);
      if (!share) throw notFound();
      await visibleRecording(recordings, share.recording, call);
      if (!(await shares.revoke(share, call.me.person))) throw revokedBefore();
    },
  });
}

function shareView(
  share: RecordingShare,
  state: ShareView["state"],
  uses: readonly NamedLook[],
): ShareView {
  const { id, recording, range, recipient, reason, madeBy, madeMs, endsMs } = share;
  const { revokedMs, revokedBy } = share;
  return {
    ...{ id, recording, range, recipient, reason, madeBy, madeMs, endsMs },
    state,
    revoked: revokedMs === null ? null : { atMs: revokedMs, by: revokedBy ?? "" },
    uses: uses.filter(({ shareId }) => shareId === id).map((use) => lookView(use, true)),
  };
}

async function stateOf(parts: ShareParts, share: RecordingShare): Promise<ShareView["state"]> {
  if (share.revokedMs !== null) return "revoked";
  if (share.endsMs <= parts.clock.wallMs()) return "ended";
  const counts = parts.shares.counts(share) && (await sharedStill(parts, share));
  return counts ? "open" : "suspended";
}

/** A form that was filled in for some minutes is still good. */
const FORM_MS = HOUR_MS;

function checkEnd(forMs: number): void {
  if (forMs >= SHARE_MIN_MS && forMs <= SHARE_MAX_MS + FORM_MS) return;
  const days = SHARE_MAX_MS / (24 * HOUR_MS);
  throw invalid(`A link lasts between ${SHARE_MIN_MS / 60_000} minutes and ${days} days.`);
}

function checkRange(
  { startedMs, endedMs, state }: Recording,
  range: { fromMs: number; untilMs: number },
) {
  const lastMs = state === "open" ? Number.POSITIVE_INFINITY : endedMs;
  const isInside = range.fromMs <= lastMs && range.untilMs >= startedMs;
  if (range.fromMs < range.untilMs && isInside) return;
  throw invalid("This part is not in the recording: choose a beginning before its end.");
}

function invalid(message: string): ApiRefused {
  return new ApiRefused(400, "invalid-request", message);
}

function tooMany(): ApiRefused {
  const message = "There are too many links to this recording already. Revoke one first.";
  return new ApiRefused(409, "too-many", message);
}

function revokedBefore(): ApiRefused {
  return new ApiRefused(409, "revoked", "This link was revoked already.");
}
