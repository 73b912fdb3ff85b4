import { z } from "zod";
import type { Consents } from "../../access/consents.ts";
import { endpoint } from "../endpoint.ts";
import { endpointText, idParameter } from "../parameters.ts";
import { consentSchema } from "../shapes/consents.ts";
import { consentView } from "./consent-view.ts";

export function askConsent(consents: Pick<Consents, "ask">) {
  return endpoint({
    summary: "Ask the control room for its consent to one session; nothing is dialled before",
    body: z.strictObject({
      endpoint: endpointText,
      grant: z.string().min(1).max(100).exactOptional(),
    }),
    answer: consentSchema,
    status: 201,
    handle: ({ me, body }) =>
      consentView(consents.ask(me, body.endpoint, body.grant), me.person.id),
  });
}

export function showConsent(consents: Pick<Consents, "own">) {
  return endpoint({
    summary: "What became of one's own question; asking every few seconds says that one waits",
    params: idParameter,
    answer: consentSchema,
    handle: ({ me, params }) => consentView(consents.own(me, params.id), me.person.id),
  });
}

export function withdrawConsent(consents: Pick<Consents, "withdraw">) {
  return endpoint({
    summary: "Ask no more",
    params: idParameter,
    handle: ({ me, params }) => consents.withdraw(me, params.id),
  });
}
