import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parsePlant } from "../plant/parse-plant.ts";
import { writableNodes } from "./opcua-reach.ts";

const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);

function reachOf(profileId: string) {
  const parsed = parsePlant(readFileSync(EXAMPLE, "utf8"), "water-plant.yaml");
  if (parsed.kind !== "plant") throw new Error("the example is no plant");
  const profile = parsed.plant.profiles.find(({ id }) => id === profileId);
  const endpoints = parsed.plant.assets.flatMap((asset) => asset.endpoints);
  const endpoint = endpoints.find(({ protocol }) => protocol === "opcua");
  if (!profile || endpoint?.protocol !== "opcua") throw new Error("the example has changed");
  return writableNodes(profile, endpoint);
}

test("the limits of the deciding rule and of the tag are told together", () => {
  expect([...reachOf("opcua-operate")]).toEqual([
    ["OPC.P101.SpeedSetpoint", { rule: "opcua-operate/pump speed", min: 20, max: 45 }],
    ["OPC.T101.LevelHighLimit", { rule: "opcua-operate/level limit", min: 0.5, max: 5 }],
    ["OPC.D201.DoseSetpoint", { rule: "opcua-operate/dose", held: true, min: 0.2, max: 2 }],
    ["OPC.P301.PressureSetpoint", { rule: "opcua-operate/pressure", min: 3, max: 5, stepMax: 0.5 }],
  ]);
});

test("who may only look reaches nothing", () => {
  expect(reachOf("opcua-look").size).toBe(0);
});
