/** JSON of the integrations page: what goes out, how it goes. Secrets never are in here. */
import { z } from "zod";

export const deadLetterSchema = z.object({
  id: z.string(),
  /** `area:what` of the event. */
  kind: z.string(),
  /** A mail address, where there are several receivers; else empty. */
  receiver: z.string(),
  reason: z.string(),
  atMs: z.number(),
});
export type DeadLetterView = z.infer<typeof deadLetterSchema>;

export const integrationSchema = z.object({
  name: z.string(),
  purpose: z.enum(["notices", "siem", "signals"]),
  form: z.enum(["webhook", "slack", "teams", "mail", "syslog"]),
  /** Host and port; never a path, which may hold a token. */
  place: z.string(),
  /** What it is told about; empty for all events. */
  about: z.array(z.string()),
  state: z.enum(["idle", "sending", "failing"]),
  succeededMs: z.number().nullable(),
  /** Of the last attempt, where it failed. */
  error: z.string().nullable(),
  failingSinceMs: z.number().nullable(),
  nextTryMs: z.number().nullable(),
  /** Events that it has still to look at. */
  waiting: z.number().int(),
  /** Newest first, at most 200. */
  deadLetters: z.array(deadLetterSchema),
});
export type IntegrationView = z.infer<typeof integrationSchema>;

export const integrationsSchema = z.object({
  /** Whether a file is named at all. */
  configured: z.boolean(),
  /** Why the file on disk is not in force. */
  problem: z.string().nullable(),
  integrations: z.array(integrationSchema),
});
export type IntegrationsView = z.infer<typeof integrationsSchema>;

export const integrationTestSchema = z.object({
  /** Null where it was taken. */
  error: z.string().nullable(),
  tookMs: z.number(),
});
export type IntegrationTestView = z.infer<typeof integrationTestSchema>;
