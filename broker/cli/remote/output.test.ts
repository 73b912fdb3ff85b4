import { expect, onTestFinished, test, vi } from "vitest";
import { jsonLine, table, terminal } from "./output.ts";

/** Clears a screen, in seven bits and in eight; a title; what turns text around. */
const HOSTILE = "a\u001b[2Jb\u009b2Jc\u001b]0;x\u0007\u202ed\u2028e\u007f";
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\u2028\u2029]/u;

test("nothing that a broker says speaks to the terminal: in tables, in sentences, in JSON", () => {
  const written: string[] = [];
  const stub = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  onTestFinished(() => stub.mockRestore());
  terminal.write(`Signed in as ${HOSTILE}.\nSecond line\n`);
  terminal.write(jsonLine({ name: HOSTILE, emoji: "\u{e0001}" }));
  terminal.write(table(["NAME"], [[HOSTILE]]));
  stub.mockRestore();
  for (const text of written) expect(text).not.toMatch(OBEYED);
  expect(written[0]?.split("\n")).toHaveLength(3);
});

test("what JSON says is the same however it is written", () => {
  const said = { name: HOSTILE, more: ["\u{e0001}", "ä ☃ \u{1f4a7}", '"\\'] };
  expect(JSON.parse(jsonLine(said))).toEqual(said);
  expect(jsonLine(said)).toContain("ä ☃ \u{1f4a7}");
});
