/** JSON of the public keys of a person's own SSH clients. */
import { z } from "zod";

export const sshKeySchema = z.object({
  id: z.string(),
  label: z.string(),
  /** Algorithm and base64, as in a `.pub` file. */
  publicKey: z.string(),
  /** `SHA256:…` */
  fingerprint: z.string(),
  addedMs: z.number(),
  usedMs: z.number().nullable(),
});
export type SshKeyView = z.infer<typeof sshKeySchema>;
