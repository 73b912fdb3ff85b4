import fc from "fast-check";
import { expect, test } from "vitest";
import { aroundChanges, lineChanges } from "./line-changes.ts";

const told = (before: string, after: string) =>
  lineChanges(before, after).map(
    ({ kind, text }) => `${{ same: " ", removed: "-", added: "+" }[kind]}${text}`,
  );

test("what stays is same, what goes is removed, what comes is added", () => {
  expect(told("a\nb\nc", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", "+d"]);
});

test("the removed and same lines give the old text, the added and same ones the new", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 })
    .map((l) => l.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const changes = lineChanges(before, after);
      const lines = (without: string) =>
        changes
          .filter(({ kind }) => kind !== without)
          .map((change) => change.text)
          .join("\n");
      expect(lines("added")).toBe(before);
      expect(lines("removed")).toBe(after);
    }),
  );
});

test("long stretches without a change are left out once", () => {
  const before = Array.from({ length: 20 }, (_, n) => String(n)).join("\n");
  const shown = aroundChanges(lineChanges(before, before.replace("10", "ten")), 1);
  expect(shown.map((change) => change?.text)).toEqual([
    undefined,
    "9",
    "10",
    "ten",
    "11",
    undefined,
  ]);
});
