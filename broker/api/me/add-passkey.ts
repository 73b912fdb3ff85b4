import { z } from "zod";
import type { Passkeys } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { authenticatorResponse, nameText } from "../parameters.ts";
import { passkeySchema } from "../shapes/people.ts";
import { passkeyView } from "./passkey-view.ts";

export function addPasskey(passkeys: Passkeys) {
  return endpoint({
    summary: "Add a passkey; needs a fresh assertion",
    body: z.strictObject({ label: nameText, response: authenticatorResponse }),
    answer: passkeySchema,
    status: 201,
    handle: async ({ me, body }) => passkeyView(await passkeys.add(me, body)),
  });
}
