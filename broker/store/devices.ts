/** Devices of people: browsers and machines, each known by a key that it cannot give away. */
import type { Selectable } from "kysely";
import type { Device, DeviceReport } from "./device.ts";
import type { DevicesTable, Queries } from "./schema.ts";

export async function insertDevice(queries: Queries, device: Device): Promise<void> {
  const { id, kind, name, address, inventory } = device;
  await queries
    .insertInto("devices")
    .values({
      ...{ id, kind, name, address, inventory },
      person_id: device.personId,
      key_thumbprint: device.keyThumbprint,
      enrolled_ms: device.enrolledMs,
      used_ms: device.usedMs,
      revoked_ms: device.revokedMs,
      revoked_by: device.revokedBy,
      machine_id: device.machineId,
      report: device.report && JSON.stringify(device.report),
    })
    .execute();
}

export async function listDevices(queries: Queries): Promise<readonly Device[]> {
  const rows = await queries.selectFrom("devices").selectAll().orderBy("enrolled_ms").execute();
  return rows.map(toDevice);
}

/** All that changes of a device; one that was revoked meanwhile is left as it is. */
export async function updateDevice(queries: Queries, device: Device): Promise<void> {
  const { name, address, inventory } = device;
  const update = queries
    .updateTable("devices")
    .set({
      ...{ name, address, inventory },
      used_ms: device.usedMs,
      revoked_ms: device.revokedMs,
      revoked_by: device.revokedBy,
      machine_id: device.machineId,
      report: device.report && JSON.stringify(device.report),
    })
    .where("id", "=", device.id);
  const isRevoked = device.revokedMs !== null;
  await (isRevoked ? update : update.where("revoked_ms", "is", null)).execute();
}

export async function deleteDevice(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom("devices").where("id", "=", id).execute();
}

function toDevice(row: Selectable<DevicesTable>): Device {
  const { id, kind, name, address, inventory } = row;
  return {
    ...{ id, kind, name, address, inventory },
    personId: row.person_id,
    keyThumbprint: row.key_thumbprint,
    enrolledMs: Number(row.enrolled_ms),
    usedMs: Number(row.used_ms),
    revokedMs: row.revoked_ms === null ? null : Number(row.revoked_ms),
    revokedBy: row.revoked_by,
    machineId: row.machine_id,
    report: row.report === null ? null : (JSON.parse(row.report) as DeviceReport),
  };
}
