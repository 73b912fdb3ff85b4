import { z } from "zod";
import type { SignIns } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody } from "../parameters.ts";

export function stepUpOptions(signIns: Pick<SignIns, "stepUpOptions">) {
  return endpoint({
    summary: "Begin to confirm with the passkey",
    body: emptyBody,
    answer: z.object({ options: z.looseObject({}) }),
    handle: async ({ me }) => ({ options: { ...(await signIns.stepUpOptions(me)) } }),
  });
}
