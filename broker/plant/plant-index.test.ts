import { expect, test } from "vitest";
import { largePlant } from "../../test/kit/large-plant.ts";
import type { Plant } from "./model.ts";
import { parsePlant } from "./parse-plant.ts";
import { indexOf } from "./plant-index.ts";

function plantOf(assets: number): Plant {
  const parsed = parsePlant(largePlant(assets), "p");
  if (parsed.kind !== "plant") throw new Error("this should be a plant");
  return parsed.plant;
}

test("parts are found by their ids, and a zone with all that contain it", () => {
  const plant = plantOf(60);
  const { assets, zones, profiles, grants, zonesAround } = indexOf(plant);
  expect(assets.get("plc-59")?.zone).toBe("hall-1");
  expect(zones.get("production")?.level).toBe(3);
  expect([profiles.get("tuning-1")?.id, grants.get("grant-2")?.profile]).toEqual([
    "tuning-1",
    "tuning-2",
  ]);
  expect(zonesAround("hall-1").map(({ id }) => id)).toEqual(["hall-1", "production"]);
  expect(zonesAround("nowhere")).toEqual([]);
});

test("a plant is walked once, however often it is asked", () => {
  let walks = 0;
  const plant = plantOf(20);
  const counted: Plant = {
    ...plant,
    get assets() {
      walks += 1;
      return plant.assets;
    },
  };
  for (const { id } of plant.assets) expect(indexOf(counted).assets.get(id)?.id).toBe(id);
  expect(walks).toBe(1);
});

test("zones in a circle end", () => {
  const plant = plantOf(1);
  const zones = [
    { id: "a", name: "A", level: 1, securityLevelTarget: 1, parent: "b" },
    { id: "b", name: "B", level: 1, securityLevelTarget: 1, parent: "a" },
  ];
  expect(
    indexOf({ ...plant, zones })
      .zonesAround("a")
      .map(({ id }) => id),
  ).toEqual(["a", "b"]);
});
