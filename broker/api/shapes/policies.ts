/** JSON of access policies: what is in force, what was before, and what is wrong with an edit. */
import { z } from "zod";

export const policyFileSchema = z.strictObject({ name: z.string().max(100), text: z.string() });
export type PolicyFileView = z.infer<typeof policyFileSchema>;

export const policyProblemSchema = z.object({
  file: z.string(),
  /** From 1; 0 where the set as a whole is meant. */
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
});
export type PolicyProblemView = z.infer<typeof policyProblemSchema>;

export const policyCheckSchema = z.object({
  /** It could come into force. */
  valid: z.boolean(),
  problems: z.array(policyProblemSchema),
  /** Tests that it does not pass. */
  failures: z.array(policyProblemSchema),
  warnings: z.array(policyProblemSchema),
  policies: z.number().int(),
  tests: z.number().int(),
});
export type PolicyCheckView = z.infer<typeof policyCheckSchema>;

export const policyVersionSchema = z.object({
  sequence: z.number().int(),
  digest: z.string(),
  atMs: z.number(),
  byName: z.string(),
  note: z.string(),
});
export type PolicyVersionView = z.infer<typeof policyVersionSchema>;

export const policyRuleSchema = z.object({
  id: z.string(),
  effect: z.enum(["permit", "forbid"]),
  reason: z.string(),
  file: z.string(),
  line: z.number().int(),
});

export const policyProposalSchema = z.object({
  id: z.string(),
  digest: z.string(),
  reason: z.string(),
  proposedBy: z.string(),
  proposedMs: z.number(),
  expiresMs: z.number(),
  /** `overtaken`: other policies came into force since. */
  state: z.enum(["waiting", "confirmed", "withdrawn", "expired", "overtaken"]),
  stateMs: z.number(),
  /** Who confirmed, withdrew or refused it. */
  decidedBy: z.string().nullable(),
  mine: z.boolean(),
  mayConfirm: z.boolean(),
  mayWithdraw: z.boolean(),
});
export type PolicyProposalView = z.infer<typeof policyProposalSchema>;

export const policyProposalFilesSchema = z.object({
  proposal: policyProposalSchema,
  files: z.array(policyFileSchema),
});
export type PolicyProposalFilesView = z.infer<typeof policyProposalFilesSchema>;

export const policiesSchema = z.object({
  /** The one in force. */
  version: policyVersionSchema,
  /** Why the files on disk are not in force, if they are not. */
  problem: z.string().nullable(),
  files: z.array(policyFileSchema),
  rules: z.array(policyRuleSchema),
  /** A change in the console counts only once another administrator has confirmed it. */
  needsSecond: z.boolean(),
  /** It must have been tried over past sessions first. */
  needsWhatIf: z.boolean(),
  /** Rights that only the policies Sallyport comes with speak of: nobody here holds them. */
  unspoken: z.array(z.string()),
  /** Newest first. */
  versions: z.array(policyVersionSchema),
});
export type PoliciesView = z.infer<typeof policiesSchema>;

export const policyVersionFilesSchema = z.object({
  version: policyVersionSchema,
  files: z.array(policyFileSchema),
});
export type PolicyVersionFilesView = z.infer<typeof policyVersionFilesSchema>;

/**
 * `version` is null where the check found what stands in the way, and where `proposal` waits for
 * another administrator.
 */
export const policyActivationSchema = z.object({
  version: policyVersionSchema.nullable(),
  proposal: z.string().nullable(),
  check: policyCheckSchema,
});
export type PolicyActivationView = z.infer<typeof policyActivationSchema>;
