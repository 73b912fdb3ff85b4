import { z } from "zod";
import type { Passkeys } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { passkeySchema } from "../shapes/people.ts";
import { passkeyView } from "./passkey-view.ts";

export function listPasskeys(passkeys: Passkeys) {
  return endpoint({
    summary: "My passkeys",
    answer: z.array(passkeySchema),
    handle: async ({ me }) => (await passkeys.list(me)).map(passkeyView),
  });
}
