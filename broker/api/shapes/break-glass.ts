/** JSON of break-glass: access without approvers, and its review. */
import { z } from "zod";

const who = z.object({ id: z.string(), name: z.string() });

export const breakGlassVerdictSchema = z.enum(["justified", "not-justified"]);
export type BreakGlassVerdictName = z.infer<typeof breakGlassVerdictSchema>;

export const breakGlassSchema = z.object({
  /** Also of its grant. */
  id: z.string(),
  openedBy: who,
  holder: who,
  /** `ASSET/ENDPOINT` */
  endpoint: z.string(),
  assetId: z.string(),
  /** Of the plant in force; the id where it is not in there any more. */
  assetName: z.string(),
  profile: z.string(),
  reason: z.string(),
  openedMs: z.number(),
  /** When it ends, or was ended. */
  untilMs: z.number(),
  review: z
    .object({
      by: who,
      atMs: z.number(),
      verdict: breakGlassVerdictSchema,
      comment: z.string(),
    })
    .nullable(),
  mayEnd: z.boolean(),
  mayReview: z.boolean(),
  /** Why the caller cannot review it; null where they can. */
  reviewRefusal: z.string().nullable(),
});
export type BreakGlassView = z.infer<typeof breakGlassSchema>;

/** One session under the grant: what its reviewer looks at. */
export const breakGlassRecordingSchema = z.object({
  id: z.string(),
  state: z.enum(["open", "sealed", "gap", "aborted"]),
  subject: z.string(),
  startedMs: z.number(),
  endedMs: z.number(),
  counts: z.object({
    observed: z.number(),
    changed: z.number(),
    refused: z.number(),
    held: z.number(),
  }),
  /** Whether the caller may open it. */
  maySee: z.boolean(),
});

export const breakGlassDetailSchema = breakGlassSchema.extend({
  recordings: z.array(breakGlassRecordingSchema),
});
export type BreakGlassDetailView = z.infer<typeof breakGlassDetailSchema>;
