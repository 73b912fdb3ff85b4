import { z } from "zod";
import type { SignIns } from "../../identity/identity.ts";
import type { ThroughProvider } from "../../identity/through-provider.ts";
import { endpoint } from "../endpoint.ts";
import { signInSchema } from "../shapes/people.ts";

export function listSignIns(
  signIns: Pick<SignIns, "listOwn">,
  through: Pick<ThroughProvider, "nameOf">,
) {
  return endpoint({
    summary: "Where I am signed in",
    answer: z.array(signInSchema),
    handle: async ({ me }) =>
      (await signIns.listOwn(me)).map((signIn) => ({
        ...signIn,
        current: signIn.id === me.signIn.id,
        ...(signIn.provider && { through: through.nameOf(signIn.provider.issuer) }),
      })),
  });
}
