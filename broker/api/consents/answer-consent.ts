import { z } from "zod";
import type { Consents } from "../../access/consents.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { consentAnswerSchema, consentSchema } from "../shapes/consents.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import { consentView } from "./consent-view.ts";

export function listConsents(consents: Pick<Consents, "waiting">) {
  return endpoint({
    summary: "Sessions that wait for the control room's consent, the oldest first",
    answer: z.array(consentSchema),
    handle: ({ me }) => consents.waiting().map((each) => consentView(each, me.person.id)),
  });
}

export function consentOptions(consents: Pick<Consents, "options">) {
  return endpoint({
    summary: "What to sign with a passkey to agree to a session or refuse it",
    params: idParameter,
    body: consentAnswerSchema,
    answer: actionToSignSchema,
    handle: async ({ me, params, body }) => {
      const { text, options } = await consents.options(me, params.id, body);
      return { text, options: { ...options } };
    },
  });
}

export function answerConsent(consents: Pick<Consents, "answer">) {
  return endpoint({
    summary: "Agree to exactly the session that was signed for, or refuse it",
    params: idParameter,
    body: signedAnswer.extend(consentAnswerSchema.shape),
    answer: consentSchema,
    handle: async ({ me, params, body }) =>
      consentView(await consents.answer(me, params.id, body), me.person.id),
  });
}
