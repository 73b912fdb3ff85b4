import { z } from "zod";
import type { Recoveries } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { enrolmentLinkSchema } from "../shapes/people.ts";

export function approveRecovery(recoveries: Pick<Recoveries, "approve">) {
  return endpoint({
    summary: "Agree to a recovery as the second administrator; needs a fresh assertion",
    params: idParameter,
    body: emptyBody,
    answer: z.object({ link: enrolmentLinkSchema }),
    handle: async ({ me, params }) => ({ link: await recoveries.approve(me, params.id) }),
  });
}
