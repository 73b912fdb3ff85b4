/**
 * What a link shows, and nothing besides: these are the only endpoints that its cookie reaches,
 * and each asks whether the link still counts.
 */
import { z } from "zod";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import type { Looks, Viewer } from "../../evidence/viewing/looks.ts";
import { sharedFrame, sharedPart, sharedSegment } from "../../evidence/viewing/shared-part.ts";
import { ShareRefused, type Shares } from "../../evidence/viewing/shares.ts";
import type { RecordingShare } from "../../store/recording-shares.ts";
import { type PublicCall, publicEndpoint } from "../endpoint.ts";
import { ApiRefused } from "../problem.ts";
import { recordingDetailView } from "../recordings/recording-view.ts";
import { segmentParameters } from "../recordings/segment-parameters.ts";
import { momentOfFrame, spanOfSegment, viewedOf } from "../recordings/viewed.ts";
import { type SharedRecordingView, sharedRecordingSchema } from "../shapes/viewing.ts";
import { type StandingParts, sharedStill } from "./standing.ts";

export interface SharedParts extends StandingParts {
  readonly recordings: Recordings;
  readonly shares: Shares;
  readonly looks: Looks;
}

type AnyCall = PublicCall<unknown, unknown, unknown>;

/** 256 bits as base64url. */
const tokenText = z.string().regex(/^[\w-]{43}$/);

export function openShare({ shares }: Pick<SharedParts, "shares">) {
  return publicEndpoint({
    summary: "Exchange the token of a link for a visit: a cookie for what the link shows",
    body: z.strictObject({ token: tokenText }),
    handle: async (call) => {
      const { visit, forMs } = await shares.open(call.body.token, call.address).catch(refuse);
      call.beginVisit(visit, forMs);
    },
  });
}

export function leaveShare({ shares }: Pick<SharedParts, "shares">) {
  return publicEndpoint({
    summary: "End one's visit by a link",
    handle: (call) => {
      shares.leave(call.visit);
      call.endVisit();
    },
  });
}

export function showShared(parts: SharedParts) {
  return publicEndpoint({
    summary: "The recording of the link, as far as the link shows it",
    answer: sharedRecordingSchema,
    handle: async (call) => {
      const { share, recording } = await admitted(parts, call);
      await parts.looks.note(viewerOf(share, call), viewedOf(recording), "link");
      parts.recordings.warm(share.recording);
      return sharedView(share, recording);
    },
  });
}

/** Asked every few seconds by the page: once the link counts no more, the page shows nothing. */
export function shareStands(parts: SharedParts) {
  return publicEndpoint({
    summary: "Nothing but whether the link still counts",
    handle: async (call) => {
      await admitted(parts, call);
    },
  });
}

export function showSharedSegment(parts: SharedParts) {
  return publicEndpoint({
    summary: "Records of one segment that lie within the link's part",
    params: z.strictObject({ number: segmentParameters.shape.number }),
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async (call) => {
      const { share, recording } = await admitted(parts, call);
      const { number } = call.params;
      const seen = spanOfSegment(recording, number);
      await parts.looks.note(viewerOf(share, call), viewedOf(recording), "link", clip(seen, share));
      const bytes = await sharedSegment(parts.recordings, recording, number, share.range);
      if (bytes === undefined) throw linkInvalid();
      return asAnswer(bytes);
    },
  });
}

export function showSharedFrame(parts: SharedParts) {
  return publicEndpoint({
    summary: "What the registers held when a segment began, as far as the link's part tells",
    params: z.strictObject({ number: segmentParameters.shape.number }),
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async (call) => {
      const { share, recording } = await admitted(parts, call);
      const { number } = call.params;
      const seen = momentOfFrame(recording, number);
      await parts.looks.note(viewerOf(share, call), viewedOf(recording), "link", clip(seen, share));
      const frame = await sharedFrame(parts.recordings, recording, number, share.range);
      return asAnswer(frame ?? new Uint8Array(0));
    },
  });
}

async function admitted(
  parts: SharedParts,
  call: AnyCall,
): Promise<{ readonly share: RecordingShare; readonly recording: Recording }> {
  const share = await parts.shares.admit(call.visit).catch(refuse);
  const recording = await sharedStill(parts, share);
  if (recording === undefined) throw linkInvalid();
  return { share, recording };
}

function viewerOf({ id, recipient, madeBy }: RecordingShare, { address }: AnyCall): Viewer {
  return { kind: "link", id, name: `${recipient}, invited by ${madeBy.name}`, address };
}

function clip(seen: { fromMs: number; untilMs: number } | undefined, { range }: RecordingShare) {
  if (seen === undefined || range === null) return seen;
  const fromMs = Math.max(seen.fromMs, range.fromMs);
  return { fromMs, untilMs: Math.max(fromMs, Math.min(seen.untilMs, range.untilMs)) };
}

function sharedView(share: RecordingShare, recording: Recording): SharedRecordingView {
  const { recipient, madeBy, endsMs, range } = share;
  const { fromMs, untilMs, segments } = sharedPart(recording, range);
  const { id, state, cause, subject, asset, endpoint, protocol, profile, deletedMs } =
    recordingDetailView(recording);
  return {
    ...{ recipient, madeBy: madeBy.name, endsMs, isPart: range !== null },
    recording: {
      ...{ id, state, cause, subject, asset, endpoint, protocol, profile, deletedMs },
      ...{ startedMs: fromMs, endedMs: untilMs },
      segments: segments.map((segment) => ({ ...segment, marks: [...segment.marks] })),
    },
  };
}

/** Bytes, which the document can only describe as text. */
function asAnswer(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as unknown as string;
}

/** Unknown, ended, revoked, of another recording: told alike. */
function linkInvalid(): ApiRefused {
  return new ApiRefused(
    401,
    "link-invalid",
    "This link does not count, or counts no more. Ask who gave it to you for a new one.",
  );
}

function refuse(error: unknown): never {
  throw error instanceof ShareRefused ? linkInvalid() : error;
}
