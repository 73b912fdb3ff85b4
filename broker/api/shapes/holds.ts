/** JSON of operations that wait for a second person. */
import { z } from "zod";

/** One tag, or one register or coil that no tag names; values with their unit or word. */
export const changeSchema = z.object({ point: z.string(), now: z.string(), asked: z.string() });

export const holdSchema = z.object({
  id: z.string(),
  /**
   * `lapsed`: nobody answered; it may be permitted for when it is asked for again. `asked`: for a
   * tool that cannot wait, before it writes.
   */
  state: z.enum(["waiting", "lapsed", "asked"]),
  session: z.string(),
  subject: z.object({ id: z.string(), name: z.string() }),
  asset: z.object({ id: z.string(), name: z.string() }),
  endpoint: z.string(),
  profile: z.string(),
  rule: z.string(),
  reason: z.string(),
  changes: z.array(changeSchema),
  untilMs: z.number(),
  why: z.string(),
  /** False for who asked for it. */
  mayAnswer: z.boolean(),
});
export type HoldView = z.infer<typeof holdSchema>;

/** Longer than this nobody remembers what they agreed to. */
const PERMIT_NEXT_MINUTES_MAX = 60;

export const holdAnswerSchema = z.strictObject({
  answer: z.enum(["permit", "refuse", "permit-next"]),
  /** Of `permit-next`: for how long. */
  minutes: z.number().int().min(1).max(PERMIT_NEXT_MINUTES_MAX).exactOptional(),
});
export type HoldAnswerBody = z.infer<typeof holdAnswerSchema>;

/** `void`: permitted, but the plant or the session's rights had moved on; nothing was sent. */
export const holdResultSchema = z.object({
  result: z.enum(["permitted", "refused", "void", "kept"]),
  reason: z.string(),
});
export type HoldResultView = z.infer<typeof holdResultSchema>;
