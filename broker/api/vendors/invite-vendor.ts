import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { Vendors } from "../../access/vendors.ts";
import { endpoint } from "../endpoint.ts";
import { nameText } from "../parameters.ts";
import { wantedSchema } from "../requests/make-request.ts";
import { requestView } from "../requests/request-view.ts";
import { vendorInvitedSchema } from "../shapes/vendors.ts";
import { vendorView } from "./vendor-view.ts";

export function inviteVendor(vendors: Pick<Vendors, "invite">, plant: PlantInForce) {
  return endpoint({
    summary: "Invite a vendor, answer for them, and ask for their time; others agree to it",
    body: z.strictObject({
      name: nameText,
      email: z.string().trim().min(3).max(254),
      employer: nameText,
      wanted: wantedSchema,
    }),
    answer: vendorInvitedSchema,
    status: 201,
    handle: async ({ me, body }) => {
      const { vendor, link, request } = await vendors.invite(me, body);
      return {
        vendor: vendorView(vendor, me.person.id),
        link,
        request: requestView(request, plant.current(), me.person),
      };
    },
  });
}
