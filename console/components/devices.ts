/** Devices: the broker's addresses for them, and enrolling this browser anew. */
import { queryOptions } from "@tanstack/react-query";
import type { DeviceView, PersonsDeviceView } from "../../broker/api/shapes/devices.ts";
import { forgetDeviceKey } from "./device-key.ts";
import { ask } from "./http.ts";
import { queryClient } from "./queries.ts";
import { stepUp } from "./step-up.ts";

const part = encodeURIComponent;

export const ownDevicesQuery = queryOptions({
  queryKey: ["me", "devices"],
  queryFn: () => ask<DeviceView[]>("GET", "/api/me/devices"),
});

export const allDevicesQuery = queryOptions({
  queryKey: ["people", "devices"],
  queryFn: () => ask<PersonsDeviceView[]>("GET", "/api/devices"),
});

export interface DeviceChange {
  readonly name?: string;
  readonly inventory?: string;
}

/** @param own reached by its person; otherwise by an administrator */
export async function changeDevice(id: string, change: DeviceChange, own: boolean): Promise<void> {
  await ask("PATCH", `${rootOf(own)}/${part(id)}`, change);
  await refetch();
}

export async function revokeDevice(id: string, own: boolean): Promise<void> {
  await ask("POST", `${rootOf(own)}/${part(id)}/revocation`, {});
  await refetch();
}

/** With another key, by passkey. */
export async function enrolAnew(): Promise<void> {
  await forgetDeviceKey();
  await stepUp();
  await refetch();
}

function rootOf(own: boolean): string {
  return own ? "/api/me/devices" : "/api/devices";
}

async function refetch(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ["me"] }),
    queryClient.invalidateQueries({ queryKey: allDevicesQuery.queryKey }),
  ]);
}
