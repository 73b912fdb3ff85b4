/** JSON of a change of the plant file that waits for an administrator. */
import { z } from "zod";

export const plantChangeSchema = z.object({
  /** Whether this site asks for it at all. */
  needed: z.boolean(),
  held: z
    .object({
      /** SHA-256 (hex) of the file that waits, and of the one in force. */
      digest: z.string(),
      basedOn: z.string(),
      sinceMs: z.number(),
      before: z.string(),
      after: z.string(),
      /** Allowed in what waits, but probably not meant: `12:5 sentence`. */
      warnings: z.array(z.string()),
      /** Who proposed it from the console; null where it was made on the host. */
      byName: z.string().nullable(),
      note: z.string(),
      /** Another administrator confirms it. */
      mine: z.boolean(),
    })
    .nullable(),
});
export type PlantChangeView = z.infer<typeof plantChangeSchema>;
