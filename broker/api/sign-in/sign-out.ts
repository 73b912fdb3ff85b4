import type { SignIns } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody } from "../parameters.ts";

export function signOut(signIns: Pick<SignIns, "signOut">) {
  return endpoint({
    summary: "Sign out in this browser",
    body: emptyBody,
    handle: async (call) => {
      await signIns.signOut(call.me);
      call.signOut();
      return undefined;
    },
  });
}
