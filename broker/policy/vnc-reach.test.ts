import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chordName, keysymsOf } from "../../protocols/rfb/keys.ts";
import { FUNCTION_KEYS, MENU_CHORDS, pressesOf } from "../../protocols/rfb/menu-keys.ts";
import type { VncEndpoint } from "../plant/model.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { vncReach } from "./vnc-reach.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

function reach(profile: string, text = EXAMPLE) {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error("the example does not parse");
  const { profiles, assets } = parsed.plant;
  const found = profiles.find(({ id }) => id === profile);
  const screen = assets.flatMap(({ endpoints }) => endpoints).find((e) => e.protocol === "vnc");
  if (!found || !screen) throw new Error("it has no such profile, or no screen");
  return vncReach(found, screen as VncEndpoint);
}

test("a menu has the keys that every rule lets through, and none that one denies", () => {
  expect(reach("panel-operate")).toEqual({
    keys: ["Escape", "Tab", "Print", ...FUNCTION_KEYS],
    clipboard: ["in"],
  });
  expect(reach("panel-view")).toEqual({ keys: [], clipboard: [] });
  expect(reach("panel-start-stop")).toEqual({ keys: [], clipboard: [] });
});

test("a chord that a rule names is offered, if its modifiers may be pressed, too", () => {
  const rule = (keys: string) =>
    EXAMPLE.replace(
      "      - { name: pointer, permit: operate, screen: [pointer] }",
      `      - { name: some keys, permit: operate, keys: [${keys}] }`,
    );
  expect(reach("panel-start-stop", rule("Ctrl, Ctrl+P, F5, Alt+Tab")).keys).toEqual([
    "Ctrl+P",
    "F5",
  ]);
});

test("a name of keys leads to the keys that have that name", () => {
  const chords = ["Ctrl+Shift+A", "Ctrl+C", "a", "A", "Delete", "Home", "Enter", "F35", "Ctrl+ä"];
  for (const chord of [...chords, "key-1008ff13", "Space", "€", ...MENU_CHORDS, ...FUNCTION_KEYS]) {
    const keysyms = keysymsOf(chord) ?? [];
    expect(chordName(keysyms.at(-1) ?? 0, keysyms.slice(0, -1)), chord).toBe(
      chord === "Ctrl+ä" ? "Ctrl+Ä" : chord,
    );
  }
  expect(keysymsOf("Ctrl+Alt+Delete")).toEqual([0xffe3, 0xffe9, 0xffff]);
  expect(pressesOf("Alt+Tab").map(({ chord }) => chord)).toEqual(["Alt", "Alt+Tab"]);
  expect(keysymsOf("Fire+A")).toBeUndefined();
  expect(pressesOf("nothing at all")).toEqual([]);
});
