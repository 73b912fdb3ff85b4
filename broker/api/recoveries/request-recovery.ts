import { z } from "zod";
import type { People, Recoveries } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { recoverySchema } from "../shapes/people.ts";
import { recoveryView } from "./recovery-view.ts";

export function requestRecovery(recoveries: Recoveries, people: Pick<People, "get">) {
  return endpoint({
    summary: "Ask for the recovery of somebody who lost all passkeys",
    params: idParameter,
    body: z.strictObject({ reason: reasonText }),
    answer: recoverySchema,
    status: 201,
    handle: async ({ me, params, body }) => {
      const recovery = await recoveries.request(me, params.id, body.reason);
      return recoveryView(recovery, me, people, recoveries);
    },
  });
}
