import { z } from "zod";
import { policyFileSchema } from "./policies.ts";

/** Other policies, the changed plant file that waits, or a plan of one's own for it; over sessions of so many days. */
export const whatIfOrderSchema = z.strictObject({
  files: z.array(policyFileSchema).exactOptional(),
  plant: z.literal("held").exactOptional(),
  /** Id of the plan. */
  plan: z.string().max(64).exactOptional(),
  days: z.number().int().min(1).max(3_650),
});
export type WhatIfOrder = z.infer<typeof whatIfOrderSchema>;

const difference = z.object({
  /** `ASSET/ENDPOINT` */
  endpoint: z.string(),
  profile: z.string(),
  what: z.string(),
  before: z.object({ verdict: z.string(), rule: z.string() }),
  after: z.object({ verdict: z.string(), rule: z.string(), reason: z.string() }),
  count: z.number(),
  /** The first ones. */
  moments: z.array(
    z.object({
      session: z.string(),
      sequence: z.number(),
      wallMs: z.number(),
      person: z.string(),
    }),
  ),
});
export type DifferenceView = z.infer<typeof difference>;

export const whatIfSchema = z.object({
  id: z.string(),
  state: z.enum(["waiting", "judging", "done", "failed"]),
  /** Where it failed. */
  reason: z.string(),
  /** Sessions judged so far, and all that are to be. */
  sessions: z.number(),
  all: z.number(),
  /** Older ones beyond what is judged at a time. */
  leftOut: z.number(),
  operations: z.number(),
  differences: z.array(difference),
  /** Kinds of differences beyond those. */
  more: z.number(),
});
export type WhatIfView = z.infer<typeof whatIfSchema>;
