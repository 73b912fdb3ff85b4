/** JSON of what counts as usual: the baseline in force, one that waits, and all that ever counted. */
import { z } from "zod";

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const summary = {
  digest,
  sessions: z.number(),
  from: z.string(),
  until: z.string(),
};

export const baselineChangeSchema = z.object({
  /** Empty for values of points: they are anybody's. */
  person: z.string(),
  asset: z.string(),
  /** Would be no finding any more. */
  adds: z.array(z.string()),
  /** Would be one again. */
  drops: z.array(z.string()),
});
export type BaselineChangeView = z.infer<typeof baselineChangeSchema>;

export const proposedBaselineSchema = z.object({
  ...summary,
  /** Null for what waits; else the version that would be put back. */
  version: z.number().int().nullable(),
  changes: z.array(baselineChangeSchema),
  /** Beyond those. */
  more: z.number().int(),
});
export type ProposedBaselineView = z.infer<typeof proposedBaselineSchema>;

export const baselineVersionSchema = z.object({
  number: z.number().int(),
  digest,
  atMs: z.number(),
  byName: z.string(),
  reason: z.string(),
  /** The version that was put back; null for one that was learned. */
  back: z.number().int().nullable(),
});
export type BaselineVersionView = z.infer<typeof baselineVersionSchema>;

export const baselineSchema = z.object({
  /** False where sessions are not compared at all. */
  compared: z.boolean(),
  /** False where a file that the settings name counts: then nothing is approved here. */
  approvedHere: z.boolean(),
  /** Null while nothing is in force. */
  inForce: z.object(summary).nullable(),
  proposed: proposedBaselineSchema.nullable(),
  /** Why what waits cannot be used. */
  problem: z.string().nullable(),
  /** Newest first. */
  versions: z.array(baselineVersionSchema),
});
export type BaselineView = z.infer<typeof baselineSchema>;

export const baselineApprovalSchema = z.strictObject({
  version: z.number().int().min(1).nullable(),
  digest,
  reason: z.string().trim().min(1).max(300),
});
export type BaselineApprovalBody = z.infer<typeof baselineApprovalSchema>;
