import { z } from "zod";
import type { Requests } from "../../access/requests.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { actionToSignSchema } from "../shapes/requests.ts";

export function decisionOptions(requests: Pick<Requests, "decisionOptions">) {
  return endpoint({
    summary: "What my passkey signs to approve or refuse exactly this request",
    params: idParameter,
    body: z.strictObject({
      decision: z.enum(["approve", "refuse"]),
      /** Needed to refuse. */
      reason: z.string().trim().max(500),
      /** Of an approval: what each session under the grant must have. */
      needs: z
        .array(z.enum(["supervisor", "consent"]))
        .max(2)
        .exactOptional(),
    }),
    answer: actionToSignSchema,
    handle: async ({ me, params, body }) => {
      const { text, options } = await requests.decisionOptions(me, params.id, body);
      return { text, options: { ...options } };
    },
  });
}
