import type { DeviceBook } from "../../identity/device-book.ts";
import type { Device } from "../../store/device.ts";
import type { SignIn } from "../../store/model.ts";
import type { DeviceView } from "../shapes/devices.ts";

export function deviceView(
  device: Device,
  book: Pick<DeviceBook, "get" | "postureOf">,
  me: SignIn,
  inUse: ReadonlySet<string>,
): DeviceView {
  const { id, kind, name, keyThumbprint, address, enrolledMs, usedMs, revokedMs } = device;
  const { compliant, failing, report } = book.postureOf(device);
  const machine = device.machineId === null ? undefined : book.get(device.machineId);
  return {
    ...{ id, kind, name, keyThumbprint, address, enrolledMs, usedMs, revokedMs },
    ...{ current: me.deviceId === id, inUse: inUse.has(id), inventory: device.inventory },
    machine: machine?.name ?? null,
    ...{ compliant, failing: [...failing] },
    report: report && { ...report, facts: { ...report.facts, os: { ...report.facts.os } } },
  };
}
