import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parsePlant } from "../plant/parse-plant.ts";
import { sshReach } from "./ssh-reach.ts";

const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);

function profile(id: string) {
  const parsed = parsePlant(readFileSync(EXAMPLE, "utf8"), "plant.yaml");
  if (parsed.kind !== "plant") throw new Error("the example does not parse");
  const found = parsed.plant.profiles.find((each) => each.id === id);
  if (!found) throw new Error(`no profile ${id}`);
  return found;
}

test("a profile of named commands offers those that are written out, and no shell", () => {
  expect(sshReach(profile("switch-look"))).toEqual({
    shell: false,
    input: false,
    commands: ["show version", "show interfaces", "show running-config", "show logging"],
    files: ["file:list", "file:read"],
  });
});

test("a profile with a command line offers it, and what may be done to files somewhere", () => {
  expect(sshReach(profile("switch-maintenance"))).toEqual({
    shell: true,
    input: true,
    commands: [],
    files: ["file:list", "file:read", "file:write", "file:remove", "file:rename"],
  });
});

test("a profile of registers offers nothing over SSH", () => {
  const { shell, input, commands } = sshReach(profile("pump-tuning"));
  expect({ shell, input, commands }).toEqual({ shell: false, input: false, commands: [] });
});
