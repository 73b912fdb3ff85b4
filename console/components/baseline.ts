/** What counts as usual: the broker's addresses for it. */
import { queryOptions } from "@tanstack/react-query";
import type {
  BaselineApprovalBody,
  BaselineVersionView,
  BaselineView,
} from "../../broker/api/shapes/baseline.ts";
import { baselineText } from "../text/baseline.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

/** A command on the host lets one wait, without telling anybody. */
const EVERY_MS = 10_000;

export const baselineQuery = queryOptions({
  queryKey: ["baseline"],
  queryFn: () => ask<BaselineView>("GET", "/api/baseline"),
  refetchInterval: EVERY_MS,
});

/** What putting it back would change. */
export function earlierQuery(number: number) {
  return queryOptions({
    queryKey: ["baseline", number],
    queryFn: async () => {
      const { proposed } = await ask<BaselineView>("GET", `/api/baseline?version=${number}`);
      return proposed;
    },
  });
}

/** One touch: the passkey signs exactly what is shown. */
export async function approveBaseline(wanted: BaselineApprovalBody): Promise<BaselineVersionView> {
  const toSign = await ask<ActionToSign>("POST", "/api/baseline/options", wanted);
  const signed = await signAction(toSign, baselineText.altered);
  return ask("POST", "/api/baseline", { ...wanted, ...signed });
}
