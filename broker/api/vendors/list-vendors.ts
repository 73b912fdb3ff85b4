import { z } from "zod";
import type { Vendors } from "../../access/vendors.ts";
import { endpoint } from "../endpoint.ts";
import { vendorSchema } from "../shapes/vendors.ts";
import { vendorView } from "./vendor-view.ts";

export function listVendors(vendors: Pick<Vendors, "list">) {
  return endpoint({
    summary: "Vendors whom I answer for; all of them for who manages people",
    answer: z.array(vendorSchema),
    handle: async ({ me }) => {
      const seen = await vendors.list(me.person);
      return seen.map((each) => vendorView(each, me.person.id));
    },
  });
}
