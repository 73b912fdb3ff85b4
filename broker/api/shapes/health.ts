/** JSON of the health page: what works, what does not, and since when. */
import { z } from "zod";

export const healthPartSchema = z.object({
  /** `recorder`, `store`, `plant file`, `sessions`, `disk` … */
  name: z.string(),
  state: z.enum(["ok", "attention", "failed"]),
  /** One sentence: what it does now, or what is wrong and what to do. */
  text: z.string(),
  sinceMs: z.number(),
});

export const healthSchema = z.object({
  /** The worst of the parts. */
  state: z.enum(["ok", "attention", "failed"]),
  version: z.string(),
  node: z.string(),
  startedMs: z.number(),
  nowMs: z.number(),
  parts: z.array(healthPartSchema),
  recorder: z.object({
    state: z.enum(["recording", "frozen"]),
    /** Median and 99th percentile of the last commits, milliseconds; null before the first. */
    commitP50Ms: z.number().nullable(),
    commitP99Ms: z.number().nullable(),
    freeBytes: z.number().nullable(),
  }),
  plantFile: z.object({
    digest: z.string(),
    loadedMs: z.number(),
    /** Set while the file on disk is invalid and an older one is in force. */
    problem: z.object({ message: z.string(), line: z.number().nullable() }).nullable(),
  }),
  sessions: z.object({ live: z.number().int(), cutP99Ms: z.number().nullable() }),
});
export type HealthView = z.infer<typeof healthSchema>;
