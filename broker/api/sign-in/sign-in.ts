import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { SignIns } from "../../identity/identity.ts";
import { publicEndpoint } from "../endpoint.ts";
import { type MeAsked, meView } from "../me/me-view.ts";
import { authenticatorResponse } from "../parameters.ts";
import { meSchema } from "../shapes/people.ts";

export function signIn(signIns: Pick<SignIns, "finish">, plant: PlantInForce, asked: MeAsked) {
  return publicEndpoint({
    summary: "Sign in with a passkey",
    body: z.strictObject({
      response: authenticatorResponse,
      /** As the person whom a provider sent here a moment ago, and nobody else. */
      through: z.literal("provider").exactOptional(),
    }),
    answer: meSchema,
    handle: async (call) => {
      const { response, through } = call.body;
      const signedIn = await signIns.finish(response, call.browser, through);
      call.signIn(signedIn.token);
      if (through) call.expectNobody();
      return meView(signedIn, plant.current(), asked);
    },
  });
}
