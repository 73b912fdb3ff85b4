import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { Requests } from "../../access/requests.ts";
import { assetOf, reaches } from "../../identity/token-scope.ts";
import { endpoint } from "../endpoint.ts";
import { requestSchema } from "../shapes/requests.ts";
import { requestView } from "./request-view.ts";

export function listRequests(requests: Pick<Requests, "seenBy">, plant: PlantInForce) {
  return endpoint({
    summary: "My requests, those I asked for others, and those that I may decide or decided",
    answer: z.array(requestSchema),
    handle: async ({ me }) => {
      const seen = await requests.seenBy(me.person);
      const own = seen.filter(({ request }) =>
        request.endpoints.every((at) => reaches(me, assetOf(at))),
      );
      return own.map((each) => requestView(each, plant.current(), me.person));
    },
  });
}
