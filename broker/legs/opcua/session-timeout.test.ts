import { expect, test } from "vitest";
import { keptMs } from "./session-timeout.ts";

test.each([
  [60_000, 60_000],
  [1, 10_000],
  [-5, 10_000],
  [1_200_000, 1_200_000],
  [1e300, 3_600_000],
  [Number.POSITIVE_INFINITY, 3_600_000],
  [Number.NaN, 10_000],
  [null, 10_000],
  ["60000", 10_000],
])("a session that is granted for %s is kept for %d ms", (granted, kept) => {
  expect(keptMs(granted)).toBe(kept);
});
