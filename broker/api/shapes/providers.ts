/** JSON of signing in through identity providers, and of accounts there. */
import { z } from "zod";

export const providersSchema = z.object({
  providers: z.array(z.object({ id: z.string(), name: z.string() })),
  /** Employees get in with one of them and their passkey, and not with the passkey alone. */
  required: z.boolean(),
});
export type ProvidersView = z.infer<typeof providersSchema>;

export const providerAddressSchema = z.object({ url: z.string() });

export const returnedSchema = z.discriminatedUnion("kind", [
  /** Only the passkey of this person counts now, in this browser. */
  z.object({ kind: z.literal("expected"), provider: z.string(), name: z.string() }),
  z.object({ kind: z.literal("linked"), provider: z.string() }),
]);
export type ReturnedView = z.infer<typeof returnedSchema>;

export const accountSchema = z.object({
  /** As the site calls the provider. */
  provider: z.string(),
  issuer: z.string(),
  subject: z.string(),
  linkedMs: z.number(),
});
export type AccountView = z.infer<typeof accountSchema>;

export const accountsSchema = z.object({
  accounts: z.array(accountSchema),
  /** Where one can be linked. */
  providers: z.array(z.object({ id: z.string(), name: z.string(), issuer: z.string() })),
});
export type AccountsView = z.infer<typeof accountsSchema>;

/** OpenID Connect Core 1.0, section 2. */
const SUBJECT_MAX = 255;
const ISSUER_MAX = 500;

export const accountName = z.strictObject({
  issuer: z.string().min(1).max(ISSUER_MAX),
  subject: z.string().min(1).max(SUBJECT_MAX),
});
