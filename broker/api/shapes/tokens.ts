/** JSON of tokens by which programs use the API for a person. */
import { z } from "zod";

/** Why its person should look at it. */
export const tokenMarkSchema = z.enum(["unused", "expiring"]);
export type TokenMark = z.infer<typeof tokenMarkSchema>;

export const apiTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  personId: z.string(),
  personName: z.string(),
  rights: z.array(z.string()),
  /** Null for all assets. */
  assets: z.array(z.string()).nullable(),
  /** Whether it counts with its machine's key alone. */
  bound: z.boolean(),
  createdMs: z.number(),
  expiresMs: z.number(),
  lastUsedMs: z.number().nullable(),
  marks: z.array(tokenMarkSchema),
});
export type ApiTokenView = z.infer<typeof apiTokenSchema>;
