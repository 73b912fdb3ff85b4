import { expect, test } from "vitest";
import { matchesFilter, nextSort, sortRows } from "./table-order.ts";

test("every word of the filter must be found, in any order and case", () => {
  expect(matchesFilter("PLC treat", "Treatment plc")).toBe(true);
  expect(matchesFilter("plc boiler", "Treatment plc")).toBe(false);
  expect(matchesFilter("  ", "anything")).toBe(true);
});

test("names with numbers sort as people count", () => {
  const names = ["P10", "P9", "p1"];
  expect(sortRows(names, (name) => name, false)).toEqual(["p1", "P9", "P10"]);
});

test("rows without a value come last in both directions", () => {
  const rows = [null, 2, 1];
  expect(sortRows(rows, (row) => row, false)).toEqual([1, 2, null]);
  expect(sortRows(rows, (row) => row, true)).toEqual([2, 1, null]);
});

test("the same column twice turns the order round, another column starts upwards", () => {
  const byName = nextSort({ column: "time", descending: true }, "name");
  expect(byName).toEqual({ column: "name", descending: false });
  expect(nextSort(byName, "name")).toEqual({ column: "name", descending: true });
});
