/** Commands that ask to be signed in: the broker's addresses for them. */
import { queryOptions } from "@tanstack/react-query";
import type { MachineAskView } from "../../broker/api/shapes/machines.ts";
import { deviceText } from "../text/device.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

function pathOf(code: string): string {
  return `/api/devices/${encodeURIComponent(code)}`;
}

export function machineAskQuery(code: string) {
  return queryOptions({
    queryKey: ["devices", code],
    queryFn: () => ask<MachineAskView>("GET", pathOf(code)),
    retry: false,
  });
}

/**
 * One touch: the passkey signs that the machine which shows this number may act for one.
 * @param here it runs on the computer of this browser, which its reports are then about too
 */
export async function approveMachine(code: string, number: number, here: boolean): Promise<void> {
  const wanted = { number, ...(here && { here }) };
  const toSign = await ask<ActionToSign>("POST", `${pathOf(code)}/options`, wanted);
  await ask("POST", pathOf(code), await signAction(toSign, deviceText.altered));
}

export function refuseMachine(code: string): Promise<void> {
  return ask("POST", `${pathOf(code)}/refusal`, {});
}
