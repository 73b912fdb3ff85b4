/** JSON of commands on people's machines that ask to be signed in; names as in RFC 8628. */
import { z } from "zod";
import { machineKey } from "../../identity/key-proof.ts";

export const deviceAskSchema = z.strictObject({
  /** The key that the token will be bound to. */
  key: machineKey,
  /** Shown to the person: the machine's name and the account there. */
  machine: z.string().min(1).max(200),
  tool: z.string().min(1).max(200),
});

export const deviceAuthorizationSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number(),
  interval: z.number(),
  /** The command shows it; the person picks it in the browser. */
  number: z.number(),
});
export type DeviceAuthorization = z.infer<typeof deviceAuthorizationSchema>;

export const deviceTokenSchema = z.object({
  access_token: z.string(),
  token_type: z.literal("DPoP"),
  /** At the latest; sooner where nothing is asked for a while. */
  expires_in: z.number(),
  person: z.object({ name: z.string(), email: z.string() }),
});
export type DeviceToken = z.infer<typeof deviceTokenSchema>;

/** As the page shows it that approves one. */
export const machineAskSchema = z.object({
  code: z.string(),
  machine: z.string(),
  tool: z.string(),
  address: z.string(),
  keyThumbprint: z.string(),
  askedMs: z.number(),
  untilMs: z.number(),
  choices: z.array(z.number()),
});
export type MachineAskView = z.infer<typeof machineAskSchema>;
