import { expect, test } from "vitest";
import { tokenMarks } from "./token-marks.ts";

const DAY_MS = 86_400_000;

test.each([
  ["fresh, of 90 days", { expires: 90, used: null, now: 1 }, []],
  ["never used for a month", { expires: 90, used: null, now: 31 }, ["unused"]],
  ["not used since the second day", { expires: 90, used: 2, now: 33 }, ["unused"]],
  ["used yesterday", { expires: 90, used: 39, now: 40 }, []],
  ["near its end", { expires: 90, used: 76, now: 77 }, ["expiring"]],
  ["forgotten, and near its end", { expires: 90, used: 1, now: 89 }, ["unused", "expiring"]],
  ["of a week, half way", { expires: 7, used: 3, now: 3.5 }, []],
  ["of a week, in its last days", { expires: 7, used: 5, now: 5.5 }, ["expiring"]],
])("a token that is %s", (_, { expires, used, now }, marks) => {
  const times = { createdMs: 0, expiresMs: expires * DAY_MS, usedMs: used && used * DAY_MS };
  expect(tokenMarks(times, now * DAY_MS)).toEqual(marks);
});
