import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plantWords } from "./change-words.ts";
import type { Plant } from "./model.ts";
import { parsePlant } from "./parse-plant.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

function plant(text = EXAMPLE): Plant {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(parsed.problems[0]?.message);
  return parsed.plant;
}

function told(after: string): readonly string[] {
  const { changes } = plantWords(plant(), plant(after));
  return changes.map(({ kind, id, change, says }) => `${change} ${kind} ${id}: ${says}`);
}

test("nothing is told where only remarks and the order of keys differ", () => {
  expect(told(`# remark\n${EXAMPLE}`)).toEqual([]);
});

test("a bound of a rule, an address and a limit are told with what they were", () => {
  expect(told(EXAMPLE.replace("max: 45", "max: 44"))).toEqual([
    "changed rule pump-tuning/pump speed: limits max: 45 → 44",
  ]);
  expect(told(EXAMPLE.replace("size-max: 1048576", "size-max: 2097152"))).toEqual([
    "changed rule switch-maintenance/configuration files: size max: 1048576 → 2097152",
  ]);
  const moved = EXAMPLE.replace("address: 127.0.0.1:15020", "address: 127.0.0.1:15999").replace(
    "requests-per-second: 200",
    "requests-per-second: 150",
  );
  expect(told(moved)).toEqual([
    "changed endpoint plc-treatment/modbus: address: 127.0.0.1:15020 → 127.0.0.1:15999, limits requests per second: 200 → 150",
  ]);
});

test("a tag that goes, a grant that comes and a site that is renamed are told", () => {
  const first = plant().assets[0]?.endpoints[0]?.tags[0]?.name;
  const renamed = EXAMPLE.replace("name: Plant.Heartbeat", "name: Plant.Beat").replace(
    "name: Waterworks Nord",
    "name: Waterworks North",
  );
  expect(first).toBe("Plant.Heartbeat");
  expect(told(renamed)).toEqual([
    "changed site : name: Waterworks Nord → Waterworks North",
    expect.stringMatching(/^added tag plc-treatment\/modbus Plant\.Beat: .*unit id: 1/),
    "removed tag plc-treatment/modbus Plant.Heartbeat: ",
  ]);
});

test("a flood of changes is cut, and its number told", () => {
  const before = plant();
  const [zone] = before.zones;
  if (!zone) throw new Error("the example has no zone");
  const zones = Array.from({ length: 600 }, (_, n) => ({ ...zone, id: `zone-${n}` }));
  const { changes, more } = plantWords(before, { ...before, zones: [...before.zones, ...zones] });
  expect([changes.length, more]).toEqual([500, 100]);
});

test("another order of rules or responses is told: the first one decides", () => {
  const deny =
    "      - { name: no dosing, deny: operate, tags: [D201.DoseSetpoint, D201.Enable] }\n";
  const next = "      - { name: backwash and alarms, permit: operate, tags: [F201.Backwash, ";
  expect(EXAMPLE.includes(deny) && EXAMPLE.includes(next)).toBe(true);
  expect(told(EXAMPLE.replace(deny, "").replace(next, deny + next))).toEqual([
    expect.stringMatching(
      /^changed rule operations: order: operations\/read all, operations\/no dosing, .* → /,
    ),
  ]);
  const response = (id: string) =>
    `  - { id: ${id}, findings: [value], answer-within: 10m, unanswered: end }\n`;
  const two = (...ids: readonly string[]) =>
    `${EXAMPLE}\nresponses:\n${ids.map(response).join("")}`;
  const { changes } = plantWords(plant(two("a", "b")), plant(two("b", "a")));
  expect(changes.map(({ says }) => says)).toEqual(["order: a, b → b, a"]);
});

test("a second conduit between the same zones is told, and hides nothing of the first", () => {
  const first = "  - { from: dmz, to: treatment, protocols: [modbus, opcua, vnc, web] }\n";
  const second = "  - { from: dmz, to: treatment, protocols: [ssh] }\n";
  expect(told(EXAMPLE.replace(first, first + second))).toEqual([
    "added conduit dmz → treatment (2): from: dmz, to: treatment, protocols: ssh",
  ]);
});

test("a new endpoint is told by what it speaks and where, a new profile by its rules", () => {
  const asset =
    "  - { id: new, name: New, zone: treatment, endpoints: [{ id: web, protocol: web, address: 127.0.0.1:8080, allow-local: true, sign-in: digest }] }\n";
  const profile = "  - { id: wide, description: Wide, rules: [{ name: all, permit: all }] }\n";
  const after = EXAMPLE.replace("assets:\n", `assets:\n${asset}`).replace(
    "profiles:\n",
    `profiles:\n${profile}`,
  );
  expect(told(after)).toEqual([
    expect.stringMatching(/^added asset new: /),
    expect.stringMatching(
      /^added endpoint new\/web: protocol: web, address: 127\.0\.0\.1:8080, allow local: true, sign in kind: digest, limits /,
    ),
    expect.stringMatching(/^added profile wide: /),
    expect.stringMatching(/^added rule wide\/all: .*operate/),
  ]);
});
