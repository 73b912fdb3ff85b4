/** What a second person reads of what writes no point: they agree to these words. */
import { expect, test } from "vitest";
import type { Operation } from "../../protocols/guard.ts";
import { changesOf } from "./held-change.ts";

const shown = (operation: Operation) => changesOf(operation, [], []);
const file = { class: "transfer", via: "sftp", path: "/config/startup.cfg" } as const;

test("a file that is written is named, with the size that it then has", () => {
  const point = "writing /config/startup.cfg";
  const opening = { action: "file:write", ...file };
  expect(shown(opening)).toEqual([{ point, now: "", asked: "" }]);
  expect(shown({ ...opening, size: 98_304 } as Operation)).toEqual([
    { point, now: "", asked: "98304 bytes" },
  ]);
});

test("a command is shown to its last letter, however long it is", () => {
  const command = `show version${" ".repeat(400)}; reload`;
  const operation = { action: "ssh:exec", class: "configure", command } as const;
  expect(shown(operation)[0]?.point).toBe(`the command "${command}"`);
});

test("so is what is sent to a panel", () => {
  const form = [["name", "x".repeat(400)] as const, ["then", "delete"] as const];
  const web = { action: "web:request", class: "operate" } as const;
  const operation = { ...web, method: "POST", path: "/pumps", query: [], form };
  expect(shown(operation)[0]?.point).toMatch(/^POST \/pumps with name=x+, then=delete$/);
});

test("what would be seen as nothing, or turn the line about, is a sign", () => {
  const command = "show\nreload \u202etxt.gfc";
  const operation = { action: "ssh:exec", class: "configure", command } as const;
  expect(shown(operation)[0]?.point).toBe('the command "show␦reload ␦txt.gfc"');
});

test("a click is told with its place", () => {
  const operation = { action: "rfb:click", class: "operate", button: "left", x: 3, y: 4 } as const;
  expect(shown(operation)[0]?.point).toBe("a click (left) at 3, 4");
});
