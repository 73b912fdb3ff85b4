import type { Vendors } from "../../access/vendors.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { enrolmentLinkSchema } from "../shapes/people.ts";

export function newVendorLink(vendors: Pick<Vendors, "newLink">) {
  return endpoint({
    summary: "A new link for a vendor whom I invited; the earlier one is void",
    params: idParameter,
    body: emptyBody,
    answer: enrolmentLinkSchema,
    status: 201,
    handle: ({ me, params }) => vendors.newLink(me, params.id),
  });
}
