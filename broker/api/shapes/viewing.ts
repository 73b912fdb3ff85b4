/** JSON of what people say about recordings, who looked into them, and links for people without an account. */
import { z } from "zod";
import { recordingDetailSchema } from "./sessions.ts";

const personSchema = z.object({ id: z.string(), name: z.string() });

export const commentSchema = z.object({
  id: z.string(),
  /** The record that it is about, and its time. */
  sequence: z.number(),
  wallMs: z.number(),
  /** Empty once it was withdrawn. */
  text: z.string(),
  by: personSchema,
  atMs: z.number(),
  withdrawn: z.object({ atMs: z.number(), why: z.string() }).nullable(),
  mine: z.boolean(),
});
export type CommentView = z.infer<typeof commentSchema>;

const spanSchema = z.object({ fromMs: z.number(), untilMs: z.number() });

export const lookSchema = z.object({
  id: z.string(),
  /** `noted`: its content left by an export, or was read on the broker's host. */
  how: z.enum(["replay", "live", "link", "noted"]),
  /** A name; of what was noted the sentence of the event. */
  who: z.string(),
  /** For whoever sees all recordings. */
  address: z.string().nullable(),
  fromMs: z.number(),
  untilMs: z.number(),
  /** Times of the recording whose parts were fetched; null: only its index. */
  seen: spanSchema.nullable(),
});
export type LookView = z.infer<typeof lookSchema>;

export const shareSchema = z.object({
  id: z.string(),
  recording: z.string(),
  /** Null: all of it. */
  range: spanSchema.nullable(),
  recipient: z.string(),
  reason: z.string(),
  madeBy: personSchema,
  madeMs: z.number(),
  endsMs: z.number(),
  state: z.enum(["open", "ended", "revoked", "suspended"]),
  revoked: z.object({ atMs: z.number(), by: z.string() }).nullable(),
  uses: z.array(lookSchema),
});
export type ShareView = z.infer<typeof shareSchema>;

/** The token is told once, to who made it. */
export const newShareSchema = z.object({ share: shareSchema, token: z.string() });
export type NewShareView = z.infer<typeof newShareSchema>;

/** What a person without an account sees: nothing of the recording outside the link's part. */
export const sharedRecordingSchema = z.object({
  recipient: z.string(),
  madeBy: z.string(),
  endsMs: z.number(),
  isPart: z.boolean(),
  recording: recordingDetailSchema.pick({
    ...{ id: true, state: true, cause: true, subject: true, asset: true, endpoint: true },
    ...{ protocol: true, profile: true, startedMs: true, endedMs: true, deletedMs: true },
    segments: true,
  }),
});
export type SharedRecordingView = z.infer<typeof sharedRecordingSchema>;
