import { expect, test } from "vitest";
import type { RequestChoicesView } from "../../../broker/api/shapes/requests.ts";
import { profilesAt } from "./profiles-at.ts";

const place = (id: string, protocol: string) => ({
  ...{ id, assetName: id, protocol, by: [], needed: 1 },
});
const profile = (id: string, protocols: string[]) => ({
  ...{ id, description: "", classes: [], protocols },
});
const CHOICES: RequestChoicesView = {
  endpoints: [place("plc/modbus", "modbus"), place("switch/ssh", "ssh")],
  profiles: [
    profile("read", ["modbus"]),
    profile("look", ["ssh"]),
    profile("all", ["modbus", "ssh"]),
  ],
};
const offered = (endpoints: string[], chosen = "") =>
  profilesAt(CHOICES, endpoints, chosen).map(({ value }) => value);

test("before a place is chosen every profile is offered", () => {
  expect(offered([""])).toEqual(["read", "look", "all"]);
  expect(profilesAt(undefined, [""], "")).toEqual([]);
});

test("at one place those are offered that could permit something there, at several those of all", () => {
  expect(offered(["plc/modbus"])).toEqual(["read", "all"]);
  expect(offered(["plc/modbus", "switch/ssh"])).toEqual(["all"]);
});

test("what was chosen before the place stays to be seen", () => {
  expect(offered(["plc/modbus"], "look")).toEqual(["read", "look", "all"]);
});
