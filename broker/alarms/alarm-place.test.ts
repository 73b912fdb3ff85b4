import { expect, test } from "vitest";
import { parsePlant } from "../plant/parse-plant.ts";
import type { SiteEvent } from "../store/model.ts";
import {
  namedPlace,
  placeOfAsset,
  placeOfEndpoint,
  placeOfEvent,
  placeOfSite,
  placeOfZone,
} from "./alarm-place.ts";

const parsed = parsePlant(
  `site: { id: acme, name: Acme, time-zone: UTC }
sites:
  - { id: linz, name: Linz works, time-zone: UTC }
zones:
  - { id: line, name: Line, level: 1, sl-t: 2, site: linz }
  - { id: shared, name: Shared, level: 3, sl-t: 2 }
assets:
  - { id: plc, name: PLC, zone: line, endpoints: [{ id: m, protocol: modbus, address: 10.0.0.1, units: [1] }] }
  - { id: hmi, name: HMI, zone: shared, endpoints: [{ id: m, protocol: modbus, address: 10.0.0.2, units: [1] }] }
`,
  "plant.yaml",
);
if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
const { plant } = parsed;

const event = { id: "1", atMs: 0, kind: "k", priority: "alarm", text: "t", subject: null } as const;
const of = (more: Partial<SiteEvent>) => placeOfEvent(plant, { ...event, session: null, ...more });

test("an alarm is at the site of its asset, or of the whole where that is at none", () => {
  expect(placeOfAsset(plant, "plc")).toEqual({ asset: "plc", site: "linz" });
  expect(placeOfEndpoint(plant, "plc/m").site).toBe("linz");
  expect(placeOfAsset(plant, "hmi")).toEqual({ asset: "hmi", site: "" });
  expect(placeOfZone(plant, "line").site).toBe("linz");
  expect(placeOfSite(plant, "linz").site).toBe("linz");
  expect(placeOfSite(plant, "acme").site).toBe("");
  expect(of({ about: { endpoint: "plc/m" } })).toEqual({ asset: "plc", site: "linz" });
  expect(of({}).site).toBe("");
});

test("of what the plant file has no more nobody knows where it was", () => {
  expect(placeOfAsset(plant, "gone")).toEqual({ asset: "gone", site: null });
  expect(placeOfZone(plant, "gone").site).toBeNull();
  expect(of({ session: "s" }).site).toBeNull();
});

test("a place is named by the ids of the plant file in force", () => {
  expect(namedPlace(plant, { asset: null, site: "" })).toBe("acme");
  expect(namedPlace(plant, { asset: null, site: "linz" })).toBe("linz");
  expect(namedPlace(plant, { asset: null, site: "graz" })).toBeNull();
  expect(namedPlace(plant, { asset: null, site: null })).toBeNull();
});
