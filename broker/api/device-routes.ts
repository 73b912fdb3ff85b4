/** Routes for devices and what is reported about them. Part of `route-table.ts`. */
import type { Clock } from "../clock.ts";
import type { Identity } from "../identity/identity.ts";
import {
  challengeDevice,
  changeDevice,
  listDevices,
  listOwnDevices,
  renameOwnDevice,
  revokeDevice,
  revokeOwnDevice,
} from "./devices/devices.ts";
import { reportOwnPosture, takePostureReports } from "./devices/posture.ts";
import { forCommands, guarded, type Route, reported } from "./route.ts";

export interface DeviceRouteParts {
  readonly identity: Identity;
  readonly clock: Clock;
}

export function deviceRoutes({ identity, clock }: DeviceRouteParts): readonly Route[] {
  const own = "/api/me/devices";
  const one = "/api/devices/:id";
  const right = "people:manage";
  return [
    guarded("POST", "/api/me/device-nonces", "signed-in", challengeDevice(identity)),
    guarded("GET", own, "signed-in", listOwnDevices(identity)),
    guarded("PATCH", `${own}/:id`, "signed-in", renameOwnDevice(identity)),
    guarded("POST", `${own}/:id/revocation`, "signed-in", revokeOwnDevice(identity)),
    forCommands(guarded("POST", "/api/posture", "signed-in", reportOwnPosture(identity, clock))),
    reported("/api/posture-reports", takePostureReports(identity, clock)),
    guarded("GET", "/api/devices", right, listDevices(identity)),
    guarded("PATCH", one, right, changeDevice(identity)),
    guarded("POST", `${one}/revocation`, right, revokeDevice(identity)),
  ];
}
