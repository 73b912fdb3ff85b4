import { expect, test } from "vitest";
import { longFunctions } from "./long-functions.ts";

const body = (lines: number): string => "  work();\n".repeat(lines);

test.each([
  ["function", `export async function build(a: number): Promise<void> {\n${body(9)}}\n`],
  ["arrow", `const build = (a: number) => {\n${body(9)}}\n`],
  ["broken parameter list", `function build(\n  a: number,\n): void {\n${body(9)}}\n`],
  ["method", `class A {\n  private build(): void {\n${body(9)}  }\n}\n`],
])("a long %s is found, a short one is not", (_, source) => {
  expect(longFunctions(source, 9)).toHaveLength(1);
  expect(longFunctions(source, 10)).toEqual([]);
});

test("a long block that is no function is not one", () => {
  expect(longFunctions(`if (a) {\n${body(9)}}\nwhile (b) {\n${body(9)}}\n`, 5)).toEqual([]);
});
