import { expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";
import { FILE_BYTES_MAX, PROBLEMS_MAX } from "./plant-limits.ts";

function firstProblem(text: string): string {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind === "plant") throw new Error("this should not be a plant");
  const [first] = parsed.problems;
  return `${first?.line}:${first?.column} ${first?.message}`;
}

test("what a line says is what is in force: no anchors, aliases, tags or merge keys", () => {
  expect(firstProblem("site: &a { id: s }")).toMatch(/^1:\d+ anchors \(&\) are not taken here/);
  expect(firstProblem("a: &x 1\nb: *x")).toMatch(/anchors/);
  expect(firstProblem("site: !!set { id }")).toMatch(/^1:\d+ YAML tags \(!\) are not taken here/);
  expect(firstProblem("site: { <<: 1 }")).toMatch(/^1:\d+ /);
});

test("a file of many aliases does not unfold", () => {
  const rows = Array.from({ length: 30 }, (_, n) => `l${n + 1}: &l${n + 1} [*l${n}, *l${n}]`);
  expect(firstProblem(`l0: &l0 [x]\n${rows.join("\n")}`)).toMatch(/anchors/);
});

test("a second document, tabs and broken YAML are named with their place", () => {
  expect(firstProblem("site: 1\n---\nsite: 2")).toMatch(/a plant file is one document/);
  expect(firstProblem("site:\n\tid: s")).toBe("2:1 indent with spaces, not with tabs");
  expect(firstProblem("site: { id: s")).toMatch(/^\d+:\d+ this is not valid YAML/);
});

test("an empty file and a file that is no mapping say what a plant begins with", () => {
  expect(firstProblem("")).toBe('1:1 plant.yaml is empty; a plant begins with "site:"');
  expect(firstProblem("- a\n- b")).toBe(
    "1:1 a plant is written as a mapping of keys to values, like { id: … }",
  );
});

test("depth, size and number of problems are bounded", () => {
  expect(firstProblem("[".repeat(50_000))).toMatch(/nested too deeply/);
  expect(firstProblem(`site: ${"[".repeat(40)}${"]".repeat(40)}`)).toMatch(/nested too deeply/);
  expect(firstProblem(`# ${"x".repeat(FILE_BYTES_MAX)}`)).toMatch(/the file is larger/);
  const many = Array.from({ length: 1_000 }, (_, n) => `k${n}: 1`).join("\n");
  const parsed = parsePlant(many, "p");
  expect(parsed.kind === "invalid" && parsed.problems.length).toBe(PROBLEMS_MAX);
});

test("many keys in one mapping cost no quadratic time", () => {
  // The library's own check of unique keys takes a minute for this.
  const keys = Array.from({ length: 40_000 }, (_, n) => `k${n}: 1`).join(", ");
  const before = performance.now();
  expect(firstProblem(`a: { ${keys} }`)).toMatch(/missing/);
  expect(performance.now() - before).toBeLessThan(10_000);
});
