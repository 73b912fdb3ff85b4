import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { Requests } from "../../access/requests.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { requestSchema } from "../shapes/requests.ts";
import { requestView } from "./request-view.ts";

export function askMoreTime(requests: Pick<Requests, "askMoreTime">, plant: PlantInForce) {
  return endpoint({
    summary: "Ask for more time of a grant; a live session under it goes on longer",
    params: idParameter,
    body: z.strictObject({
      durationMs: z.number().int().min(1).max(8.64e15),
      reason: reasonText,
    }),
    answer: requestSchema,
    status: 201,
    handle: async ({ me, params, body }) => {
      const seen = await requests.askMoreTime(me.person, params.id, body);
      return requestView(seen, plant.current(), me.person);
    },
  });
}
