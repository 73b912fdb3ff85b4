import { expect, test } from "vitest";
import { RECENT_POINTS_MAX, TREND_POINTS_MAX, TrendBuffer } from "./trend-buffer.ts";

test("tags read at different moments share one axis, each holding its last value", () => {
  const buffer = new TrendBuffer();
  buffer.push("a", 1000, 1);
  buffer.push("b", 1500, 10);
  buffer.push("a", 2000, 2);
  expect(buffer.aligned(["a", "b"], 0)).toEqual([
    [1, 1.5, 2],
    [1, 1, 2],
    [null, 10, 10],
  ]);
});

test("a value that could not be read breaks the line", () => {
  const buffer = new TrendBuffer();
  buffer.push("a", 1000, 1);
  buffer.push("a", 2000, null);
  buffer.push("a", 3000, 3);
  expect(buffer.aligned(["a"], 0)[1]).toEqual([1, null, 3]);
});

test("a line is broken where nobody read for longer than said, not by one late answer", () => {
  const buffer = new TrendBuffer();
  buffer.push("a", 1000, 1, 5000);
  buffer.push("a", 6000, 2, 5000);
  buffer.push("a", 11_001, 3, 5000);
  expect(buffer.aligned(["a"], 0)).toEqual([
    [1, 6, 6.001, 11.001],
    [1, 2, null, 3],
  ]);
});

test("only the window asked for is given", () => {
  const buffer = new TrendBuffer();
  for (let second = 1; second <= 10; second += 1) buffer.push("a", second * 1000, second);
  expect(buffer.aligned(["a"], 8000)).toEqual([
    [8, 9, 10],
    [8, 9, 10],
  ]);
  expect(buffer.recent("a", 2)).toEqual([9, 10]);
});

test("memory is bounded however long a session lasts", () => {
  const buffer = new TrendBuffer();
  buffer.keep(["drawn"]);
  for (let n = 0; n < 20_000; n += 1) {
    buffer.push("drawn", n, n);
    buffer.push("other", n, n);
  }
  expect(buffer.aligned(["drawn"], 0)[0].length).toBeLessThanOrEqual(TREND_POINTS_MAX * 1.25);
  expect(buffer.aligned(["other"], 0)[0].length).toBeLessThanOrEqual(RECENT_POINTS_MAX * 1.25);
  expect(buffer.recent("other", 1)).toEqual([19_999]);
});
