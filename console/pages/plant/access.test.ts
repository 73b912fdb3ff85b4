import { expect, test } from "vitest";
import type { AssetView, MyGrantView } from "../../../broker/api/shapes/plant.ts";
import { classesAt, nameAtAsset, nextGrant, searchText, waysIn } from "./access.ts";

function grant(id: string, part: Partial<MyGrantView>): MyGrantView {
  return {
    id,
    endpoint: "plc/modbus",
    profile: "tuning",
    profileDescription: "",
    classes: ["observe"],
    fromMs: null,
    untilMs: null,
    live: true,
    needs: { supervisor: null, consent: false },
    ...part,
  };
}

function assetWith(...grants: MyGrantView[]): AssetView {
  return {
    id: "plc",
    name: "Treatment PLC",
    zone: "cell",
    description: "",
    vendor: "Acme",
    model: "X1",
    state: "idle",
    sessions: 0,
    closed: null,
    endpoints: [
      {
        id: "plc/modbus",
        protocol: "modbus",
        address: null,
        units: [1],
        pollMinMs: 100,
        unreachable: false,
        gateways: [],
        tags: [],
        grants,
      },
    ],
  };
}

test("only live grants are a way in, in the broker's order", () => {
  const asset = assetWith(grant("a", {}), grant("b", { live: false }), grant("c", {}));
  expect(waysIn(asset).map((way) => way.grant.id)).toEqual(["a", "c"]);
});

test("the grant that begins soonest is the next one; one that is over is not", () => {
  const over = grant("over", { live: false, fromMs: 1, untilMs: 2 });
  const later = grant("later", { live: false, fromMs: 90 });
  const soon = grant("soon", { live: false, fromMs: 50 });
  expect(nextGrant(assetWith(over, later, soon), 10)?.id).toBe("soon");
  expect(nextGrant(assetWith(over), 10)).toBeUndefined();
});

test("classes of several grants are told once each", () => {
  const asset = assetWith(grant("a", {}), grant("b", { classes: ["observe", "operate"] }));
  expect(classesAt(asset)).toEqual(["observe", "operate"]);
});

test("an asset is found by its zone and its maker", () => {
  expect(searchText(assetWith(), "Filter hall")).toContain("Filter hall");
  expect(searchText(assetWith(), "")).toContain("Acme");
});

test("an endpoint is named among those of its asset without the asset", () => {
  expect(nameAtAsset({ id: "hmi-treatment/screen" })).toBe("screen");
});
