import { Readable } from "node:stream";
import { z } from "zod";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import {
  COMMENT_LENGTH_MAX,
  type Comments,
  CommentsFull,
  commentLines,
} from "../../evidence/viewing/comments.ts";
import type { RecordingComment } from "../../store/recording-comments.ts";
import type { Store } from "../../store/store.ts";
import { Download, endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { type CommentView, commentSchema } from "../shapes/viewing.ts";
import { viewedOf } from "./viewed.ts";
import { exportableRecording, visibleRecording } from "./visible-recording.ts";

export function listComments(recordings: Recordings, comments: Comments) {
  return endpoint({
    summary: "What was said about moments of a recording, in its order",
    params: idParameter,
    answer: z.array(commentSchema),
    handle: async (call) => {
      const { header } = await visibleRecording(recordings, call.params.id, call);
      const list = await comments.list(header.session);
      return list.map((comment) => commentView(comment, call.me.person.id));
    },
  });
}

export function addComment(recordings: Recordings, comments: Comments) {
  return endpoint({
    summary: "Say something about a moment of a recording; never edited, and in the site log",
    params: idParameter,
    body: z.strictObject({
      sequence: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
      wallMs: z.number().int().min(0).max(8.64e15),
      text: z.string().trim().min(1).max(COMMENT_LENGTH_MAX),
    }),
    answer: commentSchema,
    status: 201,
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      const { body, me } = call;
      if (!isIn(recording, body)) throw noMoment();
      const added = comments.add({ by: me.person, viewed: viewedOf(recording), ...body });
      const comment = await added.catch((error: unknown) => {
        throw error instanceof CommentsFull ? tooMany() : error;
      });
      return commentView(comment, me.person.id);
    },
  });
}

export function withdrawComment(recordings: Recordings, comments: Comments) {
  return endpoint({
    summary: "Take one's own comment back; that it was there stays to be seen",
    params: idParameter.extend({ comment: z.string().min(1).max(100) }),
    body: z.strictObject({ reason: reasonText }),
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      const { params, body, me } = call;
      const viewed = viewedOf(recording);
      const done = await comments.withdraw(params.comment, body.reason, me.person, viewed);
      if (!done) throw notFound();
    },
  });
}

/** Noted as every export is: the content leaves the broker with it. */
export function exportComments(
  recordings: Recordings,
  comments: Comments,
  siteLog: Pick<Store["log"], "record">,
) {
  return endpoint({
    summary: "The comments on a recording, a JSON object a line; the site log has their SHA-256",
    params: idParameter,
    answer: z.string(),
    contentType: "application/x-ndjson; charset=utf-8",
    handle: async (call) => {
      const recording = await exportableRecording(recordings, call.params.id, call);
      const { session, asset } = recording.header;
      await siteLog.record({
        kind: "recording:exported",
        priority: "event",
        text: `${call.me.person.name} exported the comments on the recording of ${viewedOf(recording).what}`,
        subject: call.me.person.id,
        session,
      });
      const content = Readable.from(commentLines(await comments.list(session)));
      const name = `sallyport-${session}.comments.ndjson`;
      const type = "application/x-ndjson; charset=utf-8";
      const file = new Download(name, type, content, { asset: asset.id });
      // A stream, which the document can only describe as text.
      return file as unknown as string;
    },
  });
}

/** The last record of a running session is later than what is known of it here. */
function isIn(recording: Recording, at: { sequence: number; wallMs: number }): boolean {
  const { startedMs, endedMs, records, state } = recording;
  const lastMs = state === "open" ? Number.POSITIVE_INFINITY : endedMs;
  const last = state === "open" ? Number.POSITIVE_INFINITY : records;
  // A clock that was stepped while it was recorded may put a record before the start.
  return at.sequence <= last && at.wallMs >= startedMs - CLOCK_STEP_MS && at.wallMs <= lastMs;
}

const CLOCK_STEP_MS = 60 * 60_000;

function commentView(comment: RecordingComment, me: string): CommentView {
  const { id, sequence, wallMs, text, by, atMs, withdrawnMs, withdrawnWhy } = comment;
  const withdrawn = withdrawnMs === null ? null : { atMs: withdrawnMs, why: withdrawnWhy ?? "" };
  return { id, sequence, wallMs, text, by, atMs, withdrawn, mine: by.id === me };
}

function noMoment(): ApiRefused {
  return new ApiRefused(400, "invalid-request", "This moment is not in the recording. Look again.");
}

function tooMany(): ApiRefused {
  return new ApiRefused(409, "too-many", "This recording has as many comments as it can have.");
}
