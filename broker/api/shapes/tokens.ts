/** JSON of tokens by which programs use the API for a person. */
import { z } from "zod";

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
});
export type ApiTokenView = z.infer<typeof apiTokenSchema>;
