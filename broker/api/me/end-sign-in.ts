import type { SignIns } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";

export function endSignIn(signIns: Pick<SignIns, "end">) {
  return endpoint({
    summary: "End one of my sign-ins, its pages included",
    params: idParameter,
    handle: async ({ me, params }) => {
      await signIns.end(me, params.id);
      return undefined;
    },
  });
}
