import { expect, test } from "vitest";
import type { PlantView } from "../../../broker/api/shapes/plant.ts";
import { atSite, groupedBySite, siteOfGroup, type ZoneView } from "./by-site.ts";
import { zoneTree } from "./zone-tree.ts";

const zone = (id: string, site: string, parent: string | null = null): ZoneView => ({
  ...{ id, name: id, level: 1, securityLevelTarget: 2, parent, site },
});
const named = (id: string) => ({ id, name: id, timeZone: "UTC" });
const PLANT = {
  ...{ site: named("works"), sites: [named("wien"), named("houston")] },
  zones: [
    ...[zone("dmz", "wien"), zone("cell", "wien", "dmz")],
    ...[zone("line", "houston"), zone("lab", "works")],
  ],
  conduits: [
    { from: "dmz", to: "cell", protocols: ["modbus"] },
    { from: "lab", to: "line", protocols: ["ssh"] },
  ],
  assets: [{ zone: "cell" }, { zone: "line" }, { zone: "lab" }],
} as unknown as PlantView;

test("each site stands around its outermost zones, and what is at none beside them", () => {
  const tree = zoneTree(groupedBySite(PLANT));
  expect(tree.map(({ zone: { name }, assets }) => [name, assets])).toEqual([
    ...[["lab", 1] as const, ["houston", 1] as const, ["wien", 1] as const],
  ]);
  expect(tree.map(({ zone: each }) => siteOfGroup(each))).toEqual([undefined, "houston", "wien"]);
});

test("one site alone has its zones, its assets and the conduits within it", () => {
  const { zones, assets, conduits } = atSite(PLANT, "wien");
  expect(zones.map(({ id }) => id)).toEqual(["dmz", "cell"]);
  expect([assets.length, conduits.length]).toEqual([1, 1]);
  expect(atSite(PLANT, "houston").conduits).toEqual([]);
});

test("a plant of one site stays as it is", () => {
  const one = { ...PLANT, sites: [] };
  expect(groupedBySite(one)).toBe(one);
});
