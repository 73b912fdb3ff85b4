/** Sessions of native tools: the broker's addresses for them. */
import { queryOptions } from "@tanstack/react-query";
import type { DoorsView, NativeAskView, OpcuaTicketView } from "../../broker/api/shapes/native.ts";
import { nativeText } from "../text/native.ts";
import { opcuaDoorText } from "../text/opcua-door.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const part = encodeURIComponent;

export const doorsQuery = queryOptions({
  queryKey: ["native"],
  queryFn: () => ask<DoorsView>("GET", "/api/native"),
  staleTime: Number.POSITIVE_INFINITY,
});

export function nativeAskQuery(id: string) {
  return queryOptions({
    queryKey: ["native", id],
    queryFn: () => ask<NativeAskView>("GET", `/api/native/${part(id)}`),
    retry: false,
  });
}

/** One touch: the passkey signs the session that the tool with this number asks for. */
export async function approveNative(
  id: string,
  number: number,
  grant: string | undefined,
): Promise<{ readonly session: string }> {
  const path = `/api/native/${part(id)}`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, {
    ...{ number, ...(grant !== undefined && { grant }) },
  });
  return ask("POST", path, await signAction(toSign, nativeText.altered));
}

export function refuseNative(id: string): Promise<void> {
  return ask("POST", `/api/native/${part(id)}/refusal`, {});
}

/** One touch: the passkey signs the session that one OPC UA client may then enter. */
export async function opcuaTicket(endpoint: string, grant: string): Promise<OpcuaTicketView> {
  const path = "/api/opcua-tickets";
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, { endpoint, grant });
  return ask("POST", path, await signAction(toSign, opcuaDoorText.altered));
}
