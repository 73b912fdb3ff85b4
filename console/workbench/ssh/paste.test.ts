import { expect, test } from "vitest";
import { linesOf, needsLook } from "./paste.tsx";

test.each([
  ["one word", "show version", false],
  ["a line that would run at once", "reload\n", true],
  ["two lines", "a\nb", true],
  ["two lines of an old Mac", "a\rb", true],
  ["more than a terminal takes", "x".repeat(100_001), true],
])("%s is shown before it is pasted: %#", (_what, text, wanted) => {
  expect(needsLook(text)).toBe(wanted);
});

test("the last line break is not a line of its own", () => {
  expect(linesOf("a\r\nb\r\n")).toEqual(["a", "b"]);
});
