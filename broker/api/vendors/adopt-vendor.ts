import { z } from "zod";
import type { Vendors } from "../../access/vendors.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { vendorSchema } from "../shapes/vendors.ts";
import { vendorView } from "./vendor-view.ts";

export function adoptVendor(vendors: Pick<Vendors, "adopt">) {
  return endpoint({
    summary: "Answer for a vendor from now on; a suspended one may work again",
    params: idParameter,
    body: z.strictObject({ reason: reasonText }),
    answer: vendorSchema,
    handle: async ({ me, params, body }) =>
      vendorView(await vendors.adopt(me.person, params.id, body.reason), me.person.id),
  });
}
