/** JSON of sessions that wait for the control room's consent. */
import { z } from "zod";

export const consentSchema = z.object({
  id: z.string(),
  state: z.enum(["waiting", "agreed", "refused", "withdrawn", "expired", "used"]),
  person: z.object({ id: z.string(), name: z.string(), employer: z.string() }),
  /** `ASSET/ENDPOINT` */
  endpoint: z.string(),
  assetName: z.string(),
  grant: z.string(),
  profile: z.string(),
  /** What the grant was given for. */
  purpose: z.string(),
  askedMs: z.number(),
  untilMs: z.number(),
  /** Who answered; empty while nobody has. */
  by: z.string(),
  reason: z.string(),
  /** False for who asked. */
  mayAnswer: z.boolean(),
});
export type ConsentView = z.infer<typeof consentSchema>;

export const consentAnswerSchema = z.strictObject({
  answer: z.enum(["agree", "refuse"]),
  /** Needed to refuse; the person reads it. */
  reason: z.string().trim().max(300),
});
export type ConsentAnswerBody = z.infer<typeof consentAnswerSchema>;
