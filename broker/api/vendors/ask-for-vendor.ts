import type { PlantInForce } from "../../access/access.ts";
import type { Vendors } from "../../access/vendors.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { wantedSchema } from "../requests/make-request.ts";
import { requestView } from "../requests/request-view.ts";
import { requestSchema } from "../shapes/requests.ts";

export function askForVendor(vendors: Pick<Vendors, "ask">, plant: PlantInForce) {
  return endpoint({
    summary: "Ask for a time for a vendor whom I answer for; an account that sleeps wakes with it",
    params: idParameter,
    body: wantedSchema,
    answer: requestSchema,
    status: 201,
    handle: async ({ me, params, body }) => {
      const seen = await vendors.ask(me.person, params.id, body);
      return requestView(seen, plant.current(), me.person);
    },
  });
}
