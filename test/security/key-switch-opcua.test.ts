/** A key switch that the plant tells by a node of OPC UA instead of a Modbus input. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PlantView } from "../../broker/api/shapes/plant.ts";
import { OPCUA_LOGIN } from "../../simulators/assets/opcua-server.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const TUNING = { endpoint: "plc-treatment/modbus", grant: "engineers-tune-treatment" };
/** The library is loaded, a channel negotiated and a session opened, on a machine that is busy. */
const READ_WITHIN_MS = 60_000;
const SLOW_MS = 200_000;

let site: RunningBroker;

beforeAll(async () => {
  site = await startRunningBroker();
  const credential = { kind: "password", ...OPCUA_LOGIN };
  const set = { endpoint: "opc-treatment/opcua", credential };
  expect((await site.first.ask("POST", "/api/credentials", set)).status).toBeLessThan(300);
  const file = join(site.folder, "plant.yaml");
  const key = `          - { name: OPC.Key, node: "nsu=urn:nordwasser:water-plant;s=Plant.RemoteAccess", description: Key. }\n`;
  const text = readFileSync(file, "utf8");
  const point = /^ +- \{ name: OPC\.P101\.SpeedSetpoint/m;
  expect(text).toMatch(point);
  const moved = text
    .replace(point, (first) => `${key}${first}`)
    .replace("tag: Plant.RemoteAccess", "tag: OPC.Key");
  writeFileSync(file, moved);
}, 60_000);

afterAll(() => site?.close());

async function keySwitch() {
  const { body } = await site.first.ask<PlantView>("GET", "/api/plant");
  return body.keySwitches[0];
}

async function becomes(state: "on" | "off" | "unknown"): Promise<void> {
  await expect
    .poll(async () => (await keySwitch())?.state, { timeout: READ_WITHIN_MS })
    .toBe(state);
}

test("it is read over OPC UA: off refuses, on lets in, and a server that is gone counts as off", {
  timeout: SLOW_MS,
}, async () => {
  site.plant.turnKey(false);
  await becomes("off");
  const refused = await site.first.ask<{ code: string }>("POST", "/api/sessions", TUNING);
  expect(refused.body.code).toBe("key-switch");
  site.plant.turnKey(true);
  await becomes("on");
  const opened = await site.first.ask<{ id: string }>("POST", "/api/sessions", TUNING);
  expect(opened.status).toBe(201);
  await site.plant.close();
  await becomes("unknown");
  const late = await site.first.ask<{ code: string }>("POST", "/api/sessions", TUNING);
  expect(late.body.code).toBe("key-switch");
});
