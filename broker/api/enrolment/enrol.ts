import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { Enrolment } from "../../identity/identity.ts";
import { publicEndpoint } from "../endpoint.ts";
import { type MeAsked, meView } from "../me/me-view.ts";
import { authenticatorResponse, nameText } from "../parameters.ts";
import { meSchema } from "../shapes/people.ts";
import { linkToken } from "./link-token.ts";

export function enrol(enrolment: Pick<Enrolment, "finish">, plant: PlantInForce, asked: MeAsked) {
  return publicEndpoint({
    summary: "Enrol a passkey; uses the link up and signs in",
    body: z.strictObject({ token: linkToken, label: nameText, response: authenticatorResponse }),
    answer: meSchema,
    handle: async (call) => {
      const signedIn = await enrolment.finish(call.body, call.browser);
      call.signIn(signedIn.token);
      return meView(signedIn, plant.current(), asked);
    },
  });
}
