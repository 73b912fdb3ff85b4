/** JSON of lockdown: what is shut, by whom and why. */
import { z } from "zod";

export const lockKindSchema = z.enum(["person", "asset", "zone", "site"]);
export type LockKindName = z.infer<typeof lockKindSchema>;

export const lockSchema = z.object({
  id: z.string(),
  kind: lockKindSchema,
  target: z.string(),
  /** Empty for a person whose name is not known yet. */
  targetName: z.string(),
  reason: z.string(),
  lockedBy: z.string(),
  lockedMs: z.number(),
  /** The first of the two people who lift a site's lock. */
  liftBy: z.string().nullable(),
  /** Whether the caller may lift it, or agree to it. */
  mayLift: z.boolean(),
});
export type LockView = z.infer<typeof lockSchema>;
