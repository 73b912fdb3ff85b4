import type { People } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { enrolmentLinkSchema } from "../shapes/people.ts";

export function newEnrolmentLink(people: Pick<People, "newLink">) {
  return endpoint({
    summary: "A new link for somebody invited; the earlier one is void",
    params: idParameter,
    body: emptyBody,
    answer: enrolmentLinkSchema,
    status: 201,
    handle: ({ me, params }) => people.newLink(me, params.id),
  });
}
