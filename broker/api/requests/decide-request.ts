import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { Requests } from "../../access/requests.ts";
import { endpoint } from "../endpoint.ts";
import { authenticatorResponse, idParameter } from "../parameters.ts";
import { requestSchema } from "../shapes/requests.ts";
import { requestView } from "./request-view.ts";

/** As `broker/identity/signed-actions.ts` bounds it. */
const TEXT_MAX = 16_384;

export function decideRequest(requests: Pick<Requests, "decide">, plant: PlantInForce) {
  return endpoint({
    summary: "Approve or refuse a request by the passkey's answer",
    params: idParameter,
    body: z.strictObject({
      text: z.string().min(1).max(TEXT_MAX),
      response: authenticatorResponse,
    }),
    answer: requestSchema,
    handle: async ({ me, params, body }) => {
      const seen = await requests.decide(me, params.id, body);
      return requestView(seen, plant.current(), me.person);
    },
  });
}
