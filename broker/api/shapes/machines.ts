/** JSON of commands on people's machines that ask to be signed in; names as in RFC 8628. */
import { z } from "zod";
import { machineKey } from "../../identity/key-proof.ts";
import { TOKEN_LIFE_MAX_MS, TOKEN_RIGHTS } from "../../identity/token-scope.ts";

/** Of a program that uses the API for a person: what it is asked to be good for. */
export const tokenWishSchema = z.strictObject({
  name: z.string().trim().min(1).max(60),
  rights: z.array(z.enum(TOKEN_RIGHTS)).min(1).max(TOKEN_RIGHTS.length),
  /** Ids; without it all that the person may see. */
  assets: z.array(z.string().min(1).max(64)).min(1).max(100).exactOptional(),
  lifeMs: z.number().int().min(60_000).max(TOKEN_LIFE_MAX_MS),
  /** Counts with the machine's key alone; otherwise with whoever holds it. */
  bound: z.boolean(),
});

export const deviceAskSchema = z.strictObject({
  /** Instead of a sign-in. */
  token: tokenWishSchema.exactOptional(),
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
  /** `Bearer`: an API token that no key is bound to. */
  token_type: z.enum(["DPoP", "Bearer"]),
  /** At the latest; sooner where nothing is asked for a while. */
  expires_in: z.number(),
  person: z.object({ name: z.string(), email: z.string() }),
  /** Where there is a standby: every address that a broker of this site may be active at. */
  brokers: z.array(z.string()).exactOptional(),
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
  token: tokenWishSchema.exactOptional(),
});
export type MachineAskView = z.infer<typeof machineAskSchema>;
