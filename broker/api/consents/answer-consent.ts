import { z } from "zod";
import type { Consent, Consents } from "../../access/consents.ts";
import { type Call, endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { notFound } from "../problem.ts";
import { consentAnswerSchema, consentSchema } from "../shapes/consents.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import { consentView } from "./consent-view.ts";

export function listConsents(consents: Pick<Consents, "waiting">) {
  return endpoint({
    summary: "Sessions that wait for the control room's consent, the oldest first",
    answer: z.array(consentSchema),
    handle: ({ me, mayAt }) =>
      consents
        .waiting()
        .filter((consent) => isAsked(consent, mayAt))
        .map((consent) => consentView(consent, me.person.id)),
  });
}

function isAsked({ endpoint: at }: Consent, mayAt: Call<unknown, unknown, unknown>["mayAt"]) {
  return mayAt("session:consent", at.split("/")[0] ?? "");
}

/** @throws ApiRefused not-found, where somebody else's control room is asked */
function checkAsked(
  consents: Pick<Consents, "waiting">,
  { params, mayAt }: Pick<Call<{ readonly id: string }, unknown, unknown>, "params" | "mayAt">,
): void {
  const consent = consents.waiting().find(({ id }) => id === params.id);
  if (consent && !isAsked(consent, mayAt)) throw notFound();
}

export function consentOptions(consents: Pick<Consents, "options" | "waiting">) {
  return endpoint({
    summary: "What to sign with a passkey to agree to a session or refuse it",
    params: idParameter,
    body: consentAnswerSchema,
    answer: actionToSignSchema,
    handle: async ({ me, mayAt, params, body }) => {
      checkAsked(consents, { params, mayAt });
      const { text, options } = await consents.options(me, params.id, body);
      return { text, options: { ...options } };
    },
  });
}

export function answerConsent(consents: Pick<Consents, "answer" | "waiting">) {
  return endpoint({
    summary: "Agree to exactly the session that was signed for, or refuse it",
    params: idParameter,
    body: signedAnswer.extend(consentAnswerSchema.shape),
    answer: consentSchema,
    handle: async ({ me, mayAt, params, body }) => {
      checkAsked(consents, { params, mayAt });
      return consentView(await consents.answer(me, params.id, body), me.person.id);
    },
  });
}
