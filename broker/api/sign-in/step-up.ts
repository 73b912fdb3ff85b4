import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { SignIns } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { type MeAsked, meView } from "../me/me-view.ts";
import { authenticatorResponse } from "../parameters.ts";
import { meSchema } from "../shapes/people.ts";

export function stepUp(signIns: Pick<SignIns, "stepUp">, plant: PlantInForce, asked: MeAsked) {
  return endpoint({
    summary: "Confirm with the passkey: the sign-in counts as fresh again, under a new token",
    body: z.strictObject({ response: authenticatorResponse }),
    answer: meSchema,
    handle: async (call) => {
      const signedIn = await signIns.stepUp(call.me, call.body.response, call.browser);
      call.signIn(signedIn.token);
      return meView(signedIn, plant.current(), asked);
    },
  });
}
