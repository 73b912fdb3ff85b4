/** JSON of what rules of the plant file did about findings, and of those rules. */
import { z } from "zod";
import { FINDING_KINDS } from "../../plant/response-model.ts";

export const responseRuleSchema = z.object({
  id: z.string(),
  findings: z.array(z.enum(FINDING_KINDS)),
  /** Null: everywhere. */
  zone: z.string().nullable(),
  answerWithinMs: z.number(),
  unanswered: z.enum(["stay", "release", "end"]),
  /** Whom it stops within an hour at most. */
  peopleMax: z.number().int(),
  /** It only says what it would have done. */
  trial: z.boolean(),
});
export type ResponseRuleView = z.infer<typeof responseRuleSchema>;

export const responseSchema = z.object({
  id: z.string(),
  rule: z.string(),
  unanswered: responseRuleSchema.shape.unanswered,
  person: z.object({ id: z.string(), name: z.string() }),
  asset: z.object({ id: z.string(), name: z.string() }),
  /** The finding, as a sentence. */
  sentence: z.string(),
  /** As it stands in events. */
  sign: z.string(),
  /** The moment: a session, and the record of its tape where it is about one. */
  session: z.string(),
  sequence: z.number().int().nullable(),
  askedMs: z.number(),
  untilMs: z.number(),
  overdue: z.boolean(),
  /** Findings since that asked the same. */
  more: z.number().int(),
  /** Live ones that stand still. */
  sessions: z.array(z.string()),
  /** False for whom it is about. */
  mayAnswer: z.boolean(),
  mayEnd: z.boolean(),
});
export type ResponseView = z.infer<typeof responseSchema>;

export const responsesSchema = z.object({
  /** False where nothing is compared: then no rule does anything. */
  compared: z.boolean(),
  rules: z.array(responseRuleSchema),
  /** The oldest first. */
  waiting: z.array(responseSchema),
});
export type ResponsesView = z.infer<typeof responsesSchema>;

export const responseAnswerSchema = z.strictObject({
  answer: z.enum(["resume", "end"]),
  /** The person reads it. */
  reason: z.string().trim().min(1).max(300),
});
export type ResponseAnswerBody = z.infer<typeof responseAnswerSchema>;
