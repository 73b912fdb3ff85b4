/** JSON of what assets are signed in to with. The secret goes in and never comes out. */
import { z } from "zod";

/** Of a secret, in characters. A private key with its chain fits. */
const SECRET_MAX = 32_000;

const secret = z.string().min(1).max(SECRET_MAX);
/** Empty where the protocol has no user (VNC). */
const user = z.string().max(256);

export const credentialSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("password"), user, password: secret }),
  z.strictObject({
    kind: z.literal("key"),
    user,
    privateKey: secret,
    passphrase: secret.exactOptional(),
    certificate: secret.exactOptional(),
  }),
]);

export const credentialShownSchema = z.object({
  /** `ASSET/ENDPOINT` */
  endpoint: z.string(),
  kind: z.enum(["password", "key"]),
  user: z.string(),
  setBy: z.string(),
  setMs: z.number(),
});
export type CredentialView = z.infer<typeof credentialShownSchema>;
