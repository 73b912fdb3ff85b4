import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Plant } from "./model.ts";
import { parsePlant } from "./parse-plant.ts";
import { changedEndpoints, comparePlants } from "./plant-change.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

function plant(text: string): Plant {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return parsed.plant;
}

function edit(from: string | RegExp, to: string): Plant {
  const text = EXAMPLE.replace(from, to);
  expect(text).not.toBe(EXAMPLE);
  return plant(text);
}

const before = plant(EXAMPLE);

test("the same file changes nothing", () => {
  const change = comparePlants(before, plant(EXAMPLE));
  for (const part of ["zones", "assets", "endpoints", "profiles", "grants"] as const) {
    const { added, changed, removed } = change[part];
    expect([...added, ...changed, ...removed]).toEqual([]);
  }
});

test.each([
  ["127.0.0.1:15021", "127.0.0.1:15031"],
  ["units: [2]", "units: [9]"],
  ["queue: 64", "queue: 65"],
  ["zone: distribution", "zone: treatment"],
  ["DIST.P301.PressureSetpoint, register: 40011", "DIST.P301.PressureSetpoint, register: 40013"],
  ["id: plc-distribution", "id: plc-network"],
])("%s → %s changes that endpoint and no other", (from, to) => {
  const text = EXAMPLE.replaceAll(from, to).replaceAll(
    "plc-distribution/",
    to.startsWith("id:") ? "plc-network/" : "plc-distribution/",
  );
  expect([...changedEndpoints(before, plant(text))]).toEqual(["plc-distribution/modbus"]);
});

test.each([
  ["max: 50", "max: 49"],
  ["scale: 0.1", "scale: 0.01"],
  ["connection: shared", "connection: dedicated"],
])("%s → %s changes the treatment endpoint", (from, to) => {
  expect([...changedEndpoints(before, edit(from, to))]).toEqual(["plc-treatment/modbus"]);
});

test.each([
  ["name: Treatment PLC", "name: PLC of the treatment"],
  ["Speed of the raw water pump.", "Speed of the pump."],
  ["{ 0: local, 1: remote }", "{ 0: here, 1: there }"],
  ["Look at everything, change nothing.", "Look."],
  ["name: Waterworks Nord", "name: Waterworks"],
  ["level: 3.5, sl-t: 2", "level: 3.5, sl-t: 3"],
])("%s → %s cuts nobody", (from, to) => {
  expect([...changedEndpoints(before, edit(from, to))]).toEqual([]);
});

test("the order of tags does not matter", () => {
  const heartbeat =
    /( {10}- name: Plant\.Heartbeat\n(?: {12}.*\n)+)( {10}- name: P101\.SpeedSetpoint\n(?: {12}.*\n)+)/;
  expect([...changedEndpoints(before, edit(heartbeat, "$2$1"))]).toEqual([]);
});

test("a profile's rule, a grant and a zone are found where they changed", () => {
  const profile = comparePlants(before, edit("max: 45", "max: 44"));
  expect([...profile.profiles.changed]).toEqual(["pump-tuning"]);
  const grant = comparePlants(before, edit(/ {2}- \{ id: engineers-read-d.*\n/, ""));
  expect([...grant.grants.removed]).toEqual(["engineers-read-distribution"]);
  const zone = comparePlants(before, edit("level: 3.5, sl-t: 2", "level: 3.5, sl-t: 3"));
  expect([...zone.zones.changed]).toEqual(["dmz"]);
});
