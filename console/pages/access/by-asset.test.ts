import { expect, test } from "vitest";
import type { HeldGrantView } from "../../../broker/api/shapes/requests.ts";
import { byAsset } from "./by-asset.ts";

function grant(assetName: string, more: Partial<HeldGrantView> = {}): HeldGrantView {
  return {
    ...{ id: `grant of ${assetName}`, site: "works", source: "plant-file", state: "live" },
    ...{ endpoint: `${assetName}/modbus`, assetId: assetName, assetName },
    ...{ profile: "looking", profileDescription: "", classes: ["observe"], reason: "" },
    ...{ opensMs: null, closesMs: null, untilMs: null, weekly: null },
    ...{ sessionsMax: null, extendable: false },
    ...more,
  };
}

const named = (grants: readonly HeldGrantView[]) =>
  byAsset(grants).map(({ assetName, profile }) => `${assetName} ${profile}`);

test("equal grants stand as people count their assets", () => {
  const grants = ["Pump 0", "Pump 20", "Pump 200", "Pump 3"].map((name) => grant(name));
  expect(named(grants)).toEqual([
    "Pump 0 looking",
    "Pump 3 looking",
    "Pump 20 looking",
    "Pump 200 looking",
  ]);
});

test("an asset stands where its best grant does, with all of its own", () => {
  const grants = [
    grant("Pump 9", { profile: "tuning", classes: ["observe", "operate"] }),
    grant("Pump 1"),
    grant("Pump 9"),
    grant("Pump 0", { state: "coming", classes: ["observe", "operate"] }),
  ];
  expect(named(grants)).toEqual([
    "Pump 9 tuning",
    "Pump 9 looking",
    "Pump 1 looking",
    "Pump 0 looking",
  ]);
});
