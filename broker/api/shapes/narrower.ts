/** JSON of the narrowest profile for what a grant was used for. */
import { z } from "zod";

export const narrowerSchema = z.object({
  /** Of the profile that is proposed. */
  id: z.string(),
  /** As it would stand in the plant file. */
  text: z.string(),
  sessions: z.number().int(),
  leftOut: z.number().int(),
  /** Operations judged again by it, and how many of them would not pass as they did. */
  operations: z.number().int(),
  refused: z.number().int(),
  /** Rules of the present profile that nothing needed: what they permit would be denied. */
  unneeded: z.array(z.string()),
  notes: z.array(z.string()),
  /** The plant file with it, for who may change that. */
  plantText: z.string().nullable(),
});
export type NarrowerView = z.infer<typeof narrowerSchema>;
