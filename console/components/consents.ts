/** The control room's consent to a session: the broker's addresses for it, and the list. */
import { queryOptions } from "@tanstack/react-query";
import type { ConsentAnswerBody, ConsentView } from "../../broker/api/shapes/consents.ts";
import { conditionText } from "../text/conditions.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const part = encodeURIComponent;

export const consentsQuery = queryOptions({
  queryKey: ["consents"],
  queryFn: () => ask<ConsentView[]>("GET", "/api/consents"),
});

/** Asked every two seconds: that is how the broker knows that somebody still waits. */
export function ownConsentQuery(id: string) {
  return queryOptions({
    queryKey: ["consents", id],
    queryFn: () => ask<ConsentView>("GET", `/api/consents/${part(id)}`),
    refetchInterval: 2_000,
    refetchIntervalInBackground: true,
  });
}

export function askConsent(endpoint: string, grant: string): Promise<ConsentView> {
  return ask("POST", "/api/consents", { endpoint, grant });
}

export function withdrawConsent(id: string): Promise<void> {
  return ask("POST", `/api/consents/${part(id)}/withdrawal`, {});
}

/** One touch: the passkey signs exactly what is shown. */
export async function answerConsent(id: string, answer: ConsentAnswerBody): Promise<ConsentView> {
  const path = `/api/consents/${part(id)}`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, answer);
  const signed = await signAction(toSign, conditionText.consent.altered);
  return ask("POST", path, { ...answer, ...signed });
}
