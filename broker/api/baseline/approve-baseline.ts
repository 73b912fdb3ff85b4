import { endpoint } from "../endpoint.ts";
import { baselineApprovalSchema, baselineVersionSchema } from "../shapes/baseline.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import { inWords } from "./baseline-refusals.ts";
import type { BaselineGround } from "./show-baseline.ts";

export function baselineOptions({ baselines }: BaselineGround) {
  return endpoint({
    summary: "What to sign with a passkey to let another baseline count",
    body: baselineApprovalSchema,
    answer: actionToSignSchema,
    handle: async ({ me, body }) => {
      const { text, options } = await inWords(baselines, (desk) => desk.options(me, body));
      return { text, options: { ...options } };
    },
  });
}

export function approveBaseline({ baselines }: BaselineGround) {
  return endpoint({
    summary: "Let exactly the baseline count that was signed for, for sessions from now on",
    body: signedAnswer.extend(baselineApprovalSchema.shape),
    answer: baselineVersionSchema,
    handle: async ({ me, body: { text, response, ...wanted } }) => {
      const kept = await inWords(baselines, (desk) => desk.approve(me, wanted, { text, response }));
      const { number, digest, atMs, byName, reason, back } = kept;
      return { number, digest, atMs, byName, reason, back };
    },
  });
}
