/** What is reported about computers: by the machines themselves, and by what manages them. */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { Identity } from "../../identity/identity.ts";
import { readPostureReport } from "../../identity/posture-report.ts";
import { endpoint, publicEndpoint } from "../endpoint.ts";
import { ApiRefused } from "../problem.ts";
import { deviceSchema, postureReportsSchema, postureTakenSchema } from "../shapes/devices.ts";
import { deviceView } from "./device-view.ts";

export type PostureGround = Pick<Identity, "devices" | "deviceFacts">;

export function reportOwnPosture({ devices, deviceFacts }: PostureGround, clock: Clock) {
  return endpoint({
    summary: "What this machine says of itself, signed by its key",
    body: z.strictObject({ report: z.string().min(1).max(4_096) }),
    answer: deviceSchema,
    handle: async ({ me, body, origin }) => {
      const { machine, deviceId } = me.signIn;
      const device = devices.counting(deviceId);
      if (!machine || !device) throw notAMachine();
      const { keyThumbprint } = machine;
      const facts = await readPostureReport(body.report, { keyThumbprint, origin }, clock);
      if (!facts) throw notSigned();
      await devices.report(device, { facts, observedMs: clock.wallMs(), source: "machine" });
      const now = deviceFacts.get(device.id) ?? device;
      return deviceView(now, deviceFacts, me.signIn, devices.inUse(me.person.id));
    },
  });
}

/** Reached with the token of the setting alone (`mount-routes.ts`). */
export function takePostureReports({ devices }: PostureGround, clock: Clock) {
  return publicEndpoint({
    summary: "What Fleet, osquery or an MDM says of computers",
    body: postureReportsSchema,
    answer: postureTakenSchema,
    handle: async ({ body: { source, reports } }) => {
      const unknown: string[] = [];
      let taken = 0;
      for (const { inventory, observed, facts } of reports) {
        // What claims to be of later than now would stay young for too long.
        const nowMs = clock.wallMs();
        const observedMs = Math.min(nowMs, observed === undefined ? nowMs : Date.parse(observed));
        const found = devices.managedAs(inventory);
        if (found.length === 0) unknown.push(inventory);
        for (const device of found) await devices.report(device, { facts, observedMs, source });
        taken += found.length;
      }
      return { taken, unknown };
    },
  });
}

function notAMachine(): ApiRefused {
  const message = "Only a machine that is signed in by `sallyport login` reports about itself.";
  return new ApiRefused(403, "device-required", message);
}

function notSigned(): ApiRefused {
  const message = "This report was not signed by the key of this machine, or not now.";
  return new ApiRefused(400, "invalid-report", message);
}
