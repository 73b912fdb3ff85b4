/** What rules did about findings: the broker's addresses for it, and the list. */
import { queryOptions } from "@tanstack/react-query";
import type { ResponseAnswerBody, ResponsesView } from "../../broker/api/shapes/responses.ts";
import { responseText } from "../text/responses.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

/** Told anew whenever a session changes. */
export const responsesQuery = queryOptions({
  queryKey: ["sessions", "responses"],
  queryFn: () => ask<ResponsesView>("GET", "/api/responses"),
});

/** One touch: the passkey signs exactly what is shown. */
export async function answerResponse(id: string, answer: ResponseAnswerBody): Promise<void> {
  const path = `/api/responses/${encodeURIComponent(id)}`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, answer);
  const signed = await signAction(toSign, responseText.waiting.altered);
  return ask("POST", path, { ...answer, ...signed });
}
