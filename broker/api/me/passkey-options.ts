import { z } from "zod";
import type { Passkeys } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody } from "../parameters.ts";

export function passkeyOptions(passkeys: Passkeys) {
  return endpoint({
    summary: "Begin to add a passkey; needs a fresh assertion",
    body: emptyBody,
    answer: z.object({ options: z.looseObject({}) }),
    handle: async ({ me }) => ({ options: { ...(await passkeys.addOptions(me)) } }),
  });
}
