/** Devices: one's own, and for administrators those of everybody. */
import { z } from "zod";
import type { Identity } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { deviceChallengeSchema, deviceSchema, personsDeviceSchema } from "../shapes/devices.ts";
import { deviceView } from "./device-view.ts";

export type DeviceGround = Pick<Identity, "devices" | "deviceFacts" | "signIns" | "people">;

const nameText = z.string().min(1).max(80);

export function challengeDevice({ devices }: DeviceGround) {
  return endpoint({
    summary: "What the browser's key must sign with its next request that needs it",
    body: emptyBody,
    answer: deviceChallengeSchema,
    handle: ({ me }) => ({ challenge: devices.challenges.give(me.signIn.id) }),
  });
}

export function listOwnDevices({ devices, deviceFacts }: DeviceGround) {
  return endpoint({
    summary: "My devices, revoked ones too",
    answer: z.array(deviceSchema),
    handle: ({ me }) => {
      const inUse = devices.inUse(me.person.id);
      const own = devices.list(me.person.id);
      return own.map((device) => deviceView(device, deviceFacts, me.signIn, inUse));
    },
  });
}

export function renameOwnDevice({ devices }: DeviceGround) {
  return endpoint({
    summary: "Give one of my devices another name",
    params: idParameter,
    body: z.strictObject({ name: nameText }),
    handle: async ({ me, params, body }) => {
      await devices.rename(me.person, params.id, body, true);
    },
  });
}

export function revokeOwnDevice({ devices }: DeviceGround) {
  return endpoint({
    summary: "Revoke one of my devices: what is open on it ends at once",
    params: idParameter,
    body: emptyBody,
    handle: async ({ me, params }) => {
      await devices.revoke(me.person, params.id, true);
    },
  });
}

export function listDevices({ devices, deviceFacts, people }: DeviceGround) {
  return endpoint({
    summary: "Everybody's devices, revoked ones too",
    answer: z.array(personsDeviceSchema),
    handle: async ({ me }) => {
      const names = new Map((await people.list()).map(({ id, name }) => [id, name]));
      return devices.list().map((device) => ({
        ...deviceView(device, deviceFacts, me.signIn, devices.inUse(device.personId)),
        person: { id: device.personId, name: names.get(device.personId) ?? "" },
      }));
    },
  });
}

export function changeDevice({ devices }: DeviceGround) {
  return endpoint({
    summary: "Name a device, or say how the system that manages it calls it",
    params: idParameter,
    body: z.strictObject({
      name: nameText.exactOptional(),
      inventory: z.string().max(80).exactOptional(),
    }),
    handle: async ({ me, params, body }) => {
      await devices.rename(me.person, params.id, body, false);
    },
  });
}

export function revokeDevice({ devices }: DeviceGround) {
  return endpoint({
    summary: "Revoke a device: what is open on it ends at once",
    params: idParameter,
    body: emptyBody,
    handle: async ({ me, params }) => {
      await devices.revoke(me.person, params.id, false);
    },
  });
}
