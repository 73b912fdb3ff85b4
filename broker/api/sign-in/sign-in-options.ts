import { z } from "zod";
import type { SignIns } from "../../identity/identity.ts";
import { publicEndpoint } from "../endpoint.ts";
import { emptyBody } from "../parameters.ts";

export function signInOptions(signIns: Pick<SignIns, "options">) {
  return publicEndpoint({
    summary: "Begin to sign in",
    body: emptyBody,
    answer: z.object({ options: z.looseObject({}) }),
    handle: async ({ browser }) => ({ options: { ...(await signIns.options(browser)) } }),
  });
}
