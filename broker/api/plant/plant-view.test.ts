/** What the view of a plant costs is counted, not timed. */
import { expect, test } from "vitest";
import { largePlant } from "../../../test/kit/large-plant.ts";
import type { Grant } from "../../access/access.ts";
import { parsePlant } from "../../plant/parse-plant.ts";
import type { Person } from "../../store/model.ts";
import { type PlantAccess, plantParts } from "./plant-view.ts";

test("who sees ten times as many assets costs ten times as many looks, and one at what is theirs", () => {
  const few = looksFor(10);
  const many = looksFor(100);
  expect(many.once).toEqual({ viewable: 1, grantsByEndpoint: 1, locks: 1 });
  expect(few.once).toEqual(many.once);
  expect(many.perAsset).toBe(10 * few.perAsset);
});

test("of points there are names and units, by which an asset is found", () => {
  const { view } = looksFor(1);
  const [endpoint] = view.assets[0]?.endpoints ?? [];
  expect(endpoint?.tags).toHaveLength(15);
  expect(endpoint?.tags[0]).toEqual({ name: "L0.Point0", unit: "bar" });
});

function looksFor(assets: number) {
  const parsed = parsePlant(largePlant(assets), "p");
  if (parsed.kind !== "plant") throw new Error("this should be a plant");
  const { plant } = parsed;
  const once = { viewable: 0, grantsByEndpoint: 0, locks: 0 };
  let perAsset = 0;
  const access = {
    viewable: () => {
      once.viewable += 1;
      return () => true;
    },
    grantsByEndpoint: () => {
      once.grantsByEndpoint += 1;
      return new Map<string, readonly Grant[]>();
    },
    classes: () => [],
    locks: {
      list: () => {
        once.locks += 1;
        return [];
      },
    },
    keySwitches: {
      list: () => [],
      over: () => {
        perAsset += 1;
        return [];
      },
    },
  } as unknown as PlantAccess;
  const source = { current: () => plant, problem: () => undefined, onChanged: () => () => {} };
  const live = { sessions: [], gatewayOf: () => undefined };
  const shown = plantParts(source, access, live, {
    person: {} as Person,
    rights: new Set(),
    reaches: () => true,
  });
  const view = { assets: shown.assets.map(shown.show) };
  return { view, once, perAsset };
}
