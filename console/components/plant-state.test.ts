import { expect, test } from "vitest";
import type { AssetView, PlantStateView, PlantView } from "../../broker/api/shapes/plant.ts";
import { plantWith } from "./plant-state.ts";

const endpoint = { id: "a/modbus", protocol: "modbus" as const, address: null, units: [1] };
const asset = (id: string): AssetView => ({
  ...{ id, name: id, zone: "hall", description: "", vendor: "", model: "" },
  ...{ state: "idle", sessions: 0, closed: null },
  endpoints: [
    { ...endpoint, pollMinMs: 200, tags: [], unreachable: false, gateways: [], grants: [] },
  ],
});
const grant = {
  ...{ id: "g", endpoint: "a/modbus", profile: "all", profileDescription: "" },
  ...{ classes: ["observe" as const], fromMs: null, untilMs: null, live: true },
  needs: { supervisor: null, consent: false },
};
const HELD: PlantView = {
  fixed: "1",
  site: { id: "s", name: "S", timeZone: "UTC" },
  ...{ sites: [], zones: [], conduits: [], keySwitches: [], profiles: [] },
  ...{ assets: [asset("a"), asset("b")], digest: "d", problem: null },
};
const state = (assets: PlantStateView["assets"]): PlantStateView => ({
  ...{ fixed: "1", keySwitches: [], problem: null, assets },
});
const busy = (id: string): PlantStateView["assets"][number] => ({
  ...{ id, state: "in-session", sessions: 1, closed: null },
  endpoints: [{ unreachable: false, gateways: [], grants: [grant] }],
});

test("what changed is put into what was held, and all else stays the same value", () => {
  const now = plantWith(HELD, state([busy("a")]));
  expect(now.assets[0]).toEqual({
    ...asset("a"),
    ...{ state: "in-session", sessions: 1 },
    endpoints: [{ ...asset("a").endpoints[0], grants: [grant] }],
  });
  expect(now.assets[1]).toBe(HELD.assets[1]);
});

test("what is not told of any more is idle and open again, and no grant is left", () => {
  const now = plantWith(plantWith(HELD, state([busy("a")])), state([]));
  expect(now.assets).toEqual(HELD.assets);
  expect(plantWith(now, state([])).assets).toBe(now.assets);
});
