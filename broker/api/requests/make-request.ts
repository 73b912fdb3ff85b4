import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { Requests } from "../../access/requests.ts";
import { assetOf, reaches } from "../../identity/token-scope.ts";
import { endpoint } from "../endpoint.ts";
import { endpointText, instant, reasonText } from "../parameters.ts";
import { notFound } from "../problem.ts";
import { requestSchema, weeklyWindowSchema } from "../shapes/requests.ts";
import { requestView } from "./request-view.ts";

/** What is asked for; `broker/access/request-input.ts` says what is acceptable. */
export const wantedSchema = z.strictObject({
  endpoints: z.array(endpointText).min(1).max(100),
  profile: z.string().min(1).max(100),
  fromMs: instant.exactOptional(),
  /** Either this or `durationMs`, whose clock starts at approval. */
  untilMs: instant.exactOptional(),
  durationMs: z.number().int().min(1).max(8.64e15).exactOptional(),
  weekly: z.array(weeklyWindowSchema).max(100).exactOptional(),
  /** Live sessions at a time. */
  sessionsMax: z.number().int().min(1).max(1_000).exactOptional(),
  reason: reasonText,
  ticket: z.string().trim().max(100).exactOptional(),
});

export function makeRequest(requests: Pick<Requests, "ask">, plant: PlantInForce) {
  return endpoint({
    summary: "Ask for a time on some endpoints",
    body: wantedSchema,
    answer: requestSchema,
    status: 201,
    handle: async ({ me, body }) => {
      if (me.scope && !me.scope.rights.has("request:make")) throw notFound();
      if (!body.endpoints.every((at) => reaches(me, assetOf(at)))) throw notFound();
      const seen = await requests.ask(me.person, body);
      return requestView(seen, plant.current(), me.person);
    },
  });
}
