import { expect, test } from "vitest";
import { zoneTree } from "./zone-tree.ts";

const zone = (id: string, level: number, parent: string | null = null) => ({
  id,
  name: id,
  level,
  securityLevelTarget: 2,
  parent,
  site: "works",
});
const asset = (id: string, inZone: string) => ({
  id,
  name: id,
  zone: inZone,
  description: "",
  vendor: "",
  model: "",
  state: "idle" as const,
  sessions: 0,
  closed: null,
  endpoints: [],
});

test("a zone counts the assets of the zones within it", () => {
  const [site] = zoneTree({
    zones: [zone("cell", 1, "site"), zone("site", 3)],
    assets: [asset("a", "cell"), asset("b", "cell"), asset("c", "site")],
  });
  expect(site?.assets).toBe(3);
  expect([...(site?.zones ?? [])]).toEqual(["site", "cell"]);
  expect(site?.children[0]?.assets).toBe(2);
});

test("the highest level comes first, and a zone with an unseen parent is on top", () => {
  const tree = zoneTree({ zones: [zone("low", 1, "unseen"), zone("high", 4)], assets: [] });
  expect(tree.map((branch) => branch.zone.id)).toEqual(["high", "low"]);
});

test("zones of one level stand as people count", () => {
  const halls = ["Hall 10", "Hall 2", "hall 1"].map((id) => zone(id, 1));
  const tree = zoneTree({ zones: halls, assets: [] });
  expect(tree.map((branch) => branch.zone.id)).toEqual(["hall 1", "Hall 2", "Hall 10"]);
});
