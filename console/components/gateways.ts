/** What the console asks about gateways. */
import { queryOptions } from "@tanstack/react-query";
import type { GatewaysView, invitationSchema } from "../../broker/api/shapes/gateways.ts";
import { ask } from "./http.ts";

/** Which are there changes by itself. */
const EVERY_MS = 5_000;

type Invitation = ReturnType<(typeof invitationSchema)["parse"]>;

export const gatewaysQuery = queryOptions({
  queryKey: ["gateways"],
  queryFn: () => ask<GatewaysView>("GET", "/api/gateways"),
  refetchInterval: EVERY_MS,
});

export function inviteGateway(name: string): Promise<Invitation> {
  return ask<Invitation>("POST", "/api/gateways", { name });
}

export function revokeGateway(id: string): Promise<void> {
  return ask<void>("DELETE", `/api/gateways/${encodeURIComponent(id)}`);
}
