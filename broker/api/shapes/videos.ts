/** Videos of recordings of screens. */
import { z } from "zod";

const wallMs = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** The part that is wanted, by the wall clock; all of it where nothing is said. */
export const videoOrderSchema = z.strictObject({
  fromMs: wallMs.optional(),
  untilMs: wallMs.optional(),
});

export const videoSchema = z.object({
  id: z.string(),
  fromMs: z.number(),
  untilMs: z.number(),
  state: z.enum(["waiting", "making", "ready", "failed"]),
  /** Of the recording that is done, from 0 to 1. */
  share: z.number(),
  /** It ends before the part does: it would have been longer than an hour. */
  shortened: z.boolean(),
  /** Of the file, once it is ready. */
  bytes: z.number(),
  /** Why it failed, in words. */
  reason: z.string(),
});
export type VideoView = z.infer<typeof videoSchema>;
