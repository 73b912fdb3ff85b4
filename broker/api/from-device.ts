/**
 * What only the person's own device may ask: each of these is signed by the key that its sign-in is
 * bound to (`identity/device-proof.ts`). A cookie that was copied opens nothing and gives no right
 * to anybody. What only ever takes something away (end, freeze, lock, revoke) is not among them:
 * stopping must not fail for want of a signature.
 *
 * Commands prove their machine's key with every request, by their token's own proof.
 */
import type { FastifyRequest } from "fastify";
import type { DeviceShown } from "../identity/device-proof.ts";
import { bodyDigest } from "../identity/device-proof.ts";
import type { Devices } from "../identity/devices.ts";
import type { SignedIn } from "../identity/identity.ts";
import { originOf } from "./keyed-request.ts";
import { ApiRefused } from "./problem.ts";

/** Names of routes. The console has the same list (`console/components/device-signed.ts`). */
export const FROM_DEVICE: ReadonlySet<string> = new Set([
  "POST /api/sessions",
  "POST /api/sessions/:id/panel",
  "POST /api/sessions/:id/resume",
  "POST /api/opcua-tickets",
  "POST /api/native/:id",
  "POST /api/devices/:id",
  "POST /api/me/passkeys",
  "DELETE /api/me/passkeys/:id",
  "POST /api/people",
  "PATCH /api/people/:id",
  "POST /api/people/:id/enrolment-link",
  "POST /api/people/:id/recovery",
  "POST /api/recoveries/:id/approval",
  "POST /api/grants",
  "POST /api/grants/:id/more-time",
  "POST /api/requests/:id/decision",
  "POST /api/credentials",
  "POST /api/credentials/removal",
  "POST /api/policies",
  "POST /api/policies/rollback",
  "POST /api/policy-proposals/:id/confirmation",
  "POST /api/plant-change",
  "POST /api/plant-plans/:id/application",
  "POST /api/signals/lifting",
  "POST /api/responses/:id",
  "POST /api/baseline",
  "POST /api/vendors",
  "POST /api/vendors/:id/enrolment-link",
  "POST /api/vendors/:id/sponsorship",
  "POST /api/break-glass",
]);

export const DEVICE_HEADER = "sallyport-device";

/** Whether somebody on a device that the site does not know may ask for any of it. */
export type UnknownDevices = "refuse" | "policy";

export function deviceShown(
  request: FastifyRequest,
  origins: readonly string[],
): DeviceShown | undefined {
  const proof = request.headers[DEVICE_HEADER];
  const origin = originOf(request, origins);
  if (typeof proof !== "string" || origin === undefined) return undefined;
  const [path = ""] = request.url.split("?");
  return { proof, method: request.method, url: `${origin}${path}` };
}

export interface DeviceGate {
  readonly devices: Pick<Devices, "checkRequest" | "counting">;
  readonly unknownDevices: UnknownDevices;
  readonly origins: readonly string[];
}

/** With the body as it was parsed. @throws ApiRefused `device-required`, `device-proof` */
export async function checkDevice(
  { devices, unknownDevices, origins }: DeviceGate,
  me: SignedIn,
  request: FastifyRequest,
): Promise<void> {
  if (provesItselfAnyway(me)) return;
  if (me.signIn.deviceId === undefined) {
    if (unknownDevices === "policy") return;
    throw deviceRequired();
  }
  const shown = deviceShown(request, origins);
  const proved = await devices.checkRequest(me, shown, bodyDigest(request.body));
  if (proved === "proved") return;
  if (!devices.counting(me.signIn.deviceId)) throw deviceRequired();
  throw new ApiRefused(
    403,
    "device-proof",
    proved === "stale"
      ? "This took too long. Try again."
      : "This was not signed by the device that you signed in on. Nothing was done.",
  );
}

/** A command's key stands behind every request of it. */
function provesItselfAnyway({ signIn }: SignedIn): boolean {
  return signIn.machine !== undefined;
}

export function deviceRequired(): ApiRefused {
  const message =
    "This browser is not enrolled as a device. Confirm with your passkey to enrol it.";
  return new ApiRefused(403, "device-required", message);
}
