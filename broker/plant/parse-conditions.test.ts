import { expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";

const PLANT = `site: { id: s, name: Site, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 3 }
conduits:
  - { from: dmz, to: cell, protocols: [modbus] }
  - { from: cell, to: dmz, protocols: [modbus] }
assets:
  - id: plc
    name: PLC
    zone: cell
    endpoints:
      - id: modbus
        protocol: modbus
        address: 10.0.0.5
        units: [1]
        tags:
          - { name: Key, unit-id: 1, register: 10001 }
          - { name: Level, unit-id: 1, register: 30001, type: float32 }
profiles:
  - { id: look, rules: [{ permit: observe }] }
`.replace("zones:\n", "zones:\n  - { id: dmz, name: DMZ, level: 3.5, sl-t: 2 }\n");

function parsed(more: string) {
  return parsePlant(`${PLANT}${more}\n`, "plant.yaml");
}

function plantWith(more: string) {
  const result = parsed(more);
  if (result.kind !== "plant") throw new Error(JSON.stringify(result.problems));
  return result.plant;
}

function problemOf(more: string): string {
  const result = parsed(more);
  return result.kind === "plant" ? "" : result.problems.map(({ message }) => message).join("; ");
}

test("what sessions need comes out of grants and of conditions", () => {
  const plant = plantWith(`grants:
  - { id: g, subject: "role:engineer", endpoint: plc/modbus, profile: look, needs: [supervisor] }
conditions:
  - { zone: cell, needs: [consent, supervisor], when-alone: end }
  - { profile: look, needs: [consent] }`);
  expect(plant.grants[0]?.needs).toEqual({ supervisor: "wait" });
  expect(plant.conditions).toEqual([
    { zone: "cell", needs: { supervisor: "end", consent: true } },
    { profile: "look", needs: { consent: true } },
  ]);
});

test("a key switch comes out with its point and with cautious defaults", () => {
  const plant = plantWith("key-switches: [{ id: k, name: Key, tag: Key, covers: { zone: cell } }]");
  expect(plant.keySwitches).toMatchObject([
    {
      ...{ id: "k", name: "Key", covers: { kind: "zone", id: "cell" } },
      ...{ whenOff: "read-only", whenOn: "resume" },
      input: { kind: "modbus", endpoint: "plc/modbus", on: 1, tag: { name: "Key", address: 0 } },
    },
  ]);
});

test.each([
  ["conditions: [{ needs: [supervisor] }]", 'a condition is for a "zone", a "profile" or both'],
  ["conditions: [{ zone: cell }]", '"needs" is missing; write [supervisor], [consent] or both'],
  ["conditions: [{ zone: nowhere, needs: [consent] }]", 'there is no zone "nowhere"'],
  ["conditions: [{ profile: lok, needs: [consent] }]", 'there is no profile "lok"'],
  [
    "conditions: [{ zone: cell, needs: [consent], when-alone: end }]",
    '"when-alone" is for sessions that need a supervisor',
  ],
  ["conditions: [{ zone: cell, needs: [luck] }]", '"luck" is not taken'],
  ["key-switches: [{ id: k, name: Key, tag: Keys, covers: site }]", 'there is no tag "Keys"'],
  [
    "key-switches: [{ id: k, name: Key, tag: Level, covers: site }]",
    '"Level" takes several registers; a key switch is one value',
  ],
  [
    "key-switches: [{ id: k, name: Key, tag: Key, on: 2, covers: site }]",
    "a coil or discrete input is 0 or 1",
  ],
  [
    "key-switches: [{ id: k, name: Key, tag: Key, covers: { zone: cell, asset: plc } }]",
    "write site, { site: ID }, { zone: ID } or { asset: ID }",
  ],
  [
    "key-switches: [{ id: k, name: A, tag: Key, covers: site }, { id: k, name: B, tag: Key, covers: site }]",
    'key switch "k" exists already',
  ],
])("%s is refused with a sentence", (text, message) => {
  expect(problemOf(text)).toContain(message);
});

test("a key switch on an endpoint that allows one connection is a warning: people need it too", () => {
  const line = "key-switches: [{ id: k, name: Key, tag: Key, covers: site }]";
  const warnings = (text: string) => {
    const result = parsePlant(text, "plant.yaml");
    return result.kind === "plant" ? result.warnings.map(({ message }) => message) : [];
  };
  const plant = `${PLANT}${line}\n`;
  expect(warnings(plant)).toEqual([]);
  const one = plant.replace("units: [1]", "units: [1]\n        limits: { connections: 1 }");
  expect(warnings(one)).toEqual([
    "plc/modbus allows one connection: reading the switch takes it from people",
  ]);
});
