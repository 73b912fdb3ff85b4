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

test("changes far from each other in a long text are found, each in its place", () => {
  const lines = Array.from({ length: 50_000 }, (_, n) => `line ${n}`);
  const before = lines.join("\n");
  const after = lines.with(7, "seven").with(25_000, "half").toSpliced(49_990, 3).join("\n");
  const changed = lineChanges(before, after).filter(({ kind }) => kind !== "same");
  expect(changed.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    ...["removed line 7", "added seven", "removed line 25000", "added half"],
    ...["removed line 49990", "removed line 49991", "removed line 49992"],
  ]);
});

test("a long text of which nothing is left in place is still told whole", () => {
  const before = Array.from({ length: 3_000 }, (_, n) => `old ${n % 5}`).join("\n");
  const after = Array.from({ length: 3_000 }, (_, n) => `new ${n % 7}`).join("\n");
  const changes = lineChanges(before, after);
  expect(changes.map(({ kind }) => kind).filter((kind) => kind === "removed")).toHaveLength(3_000);
  expect(changes).toHaveLength(6_000);
});
