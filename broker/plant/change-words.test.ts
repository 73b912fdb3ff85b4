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
  const moved = EXAMPLE.replace("address: 127.0.0.1:15020", "address: 127.0.0.1:15999").replace(
    "requests-per-second: 200",
    "requests-per-second: 150",
  );
  expect(told(moved)).toEqual([
    "changed endpoint plc-treatment/modbus: limits requests per second: 200 → 150, address: 127.0.0.1:15020 → 127.0.0.1:15999",
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
