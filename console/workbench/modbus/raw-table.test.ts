import { expect, test } from "vitest";
import { parseTyped, rowsOf } from "./raw-table.ts";

test("the same registers read as each format", () => {
  const words = [0x3f99, 0x999a];
  expect(rowsOf(20, words, "float32", "big").map((row) => row.text)).toEqual([
    "1.2000000476837158",
  ]);
  expect(rowsOf(20, words, "hex", "big").map((row) => row.text)).toEqual(["0x3F99", "0x999A"]);
  expect(rowsOf(20, words, "uint32", "little")[0]?.text).toBe(String(0x999a3f99));
  expect(rowsOf(0, [5], "binary", "big")[0]?.text).toBe("0000 0000 0000 0101");
  expect(rowsOf(0, [0x4869], "text", "big")[0]?.text).toBe("Hi");
});

test("64 bits lose no digit", () => {
  const words = [0xffff, 0xffff, 0xffff, 0xffff];
  expect(rowsOf(0, words, "uint64", "big")[0]?.text).toBe("18446744073709551615");
});

test("half a value at the end is left blank", () => {
  const rows = rowsOf(10, [1, 2, 3], "int32", "big");
  expect(rows.map(({ address, text }) => [address, text])).toEqual([
    [10, "65538"],
    [12, ""],
  ]);
});

test("what is typed becomes registers in the order asked for", () => {
  expect(parseTyped("1 0xFF, 3", "holding-registers", "uint16", "big")).toEqual({
    kind: "values",
    values: [1, 255, 3],
  });
  expect(parseTyped("1.5", "holding-registers", "float32", "little")).toEqual({
    kind: "values",
    values: [0, 0x3fc0],
  });
  expect(parseTyped("-1", "holding-registers", "int16", "big")).toEqual({
    kind: "values",
    values: [0xffff],
  });
});

test("coils take nothing but 0 and 1", () => {
  expect(parseTyped("1 0 1", "coils", "uint16", "big")).toEqual({
    kind: "values",
    values: [1, 0, 1],
  });
  expect(parseTyped("2", "coils", "uint16", "big").kind).toBe("fault");
});

test("what does not fit is a sentence, not a value", () => {
  for (const typed of ["", "70000", "1.5", "abc", "0x", "1e3"]) {
    expect(parseTyped(typed, "holding-registers", "uint16", "big").kind).toBe("fault");
  }
  expect(parseTyped("1 ".repeat(124), "holding-registers", "uint16", "big").kind).toBe("fault");
});
