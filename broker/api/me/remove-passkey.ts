import type { Passkeys } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";

export function removePasskey(passkeys: Passkeys) {
  return endpoint({
    summary: "Remove one of my passkeys; needs a fresh assertion",
    params: idParameter,
    handle: async ({ me, params }) => {
      await passkeys.remove(me, params.id);
      return undefined;
    },
  });
}
