import { expect, test } from "vitest";
import { type Moment, nextMoment, previousMoment, sequenceAt } from "./moments.ts";

const MOMENTS: Moment[] = [
  { sequence: 3, wallMs: 1000, kind: "write" },
  { sequence: 4, wallMs: 1000, kind: "write" },
  { sequence: 9, wallMs: 2000, kind: "refusal" },
  { sequence: 20, wallMs: 9000, kind: "end" },
];

test("writes within one millisecond are visited one after the other", () => {
  const first = nextMoment(MOMENTS, ["write"], sequenceAt(MOMENTS, 0, undefined));
  expect(first?.sequence).toBe(3);
  const second = nextMoment(MOMENTS, ["write"], sequenceAt(MOMENTS, 1000, first));
  expect(second?.sequence).toBe(4);
  expect(nextMoment(MOMENTS, ["write"], sequenceAt(MOMENTS, 1000, second))).toBeUndefined();
});

test("the next refusal is found past writes, and the way back too", () => {
  expect(nextMoment(MOMENTS, ["refusal"], 3)?.sequence).toBe(9);
  expect(previousMoment(MOMENTS, ["write"], 9)?.sequence).toBe(4);
  expect(previousMoment(MOMENTS, ["write"], 3)).toBeUndefined();
});

test("a head that was moved by hand forgets where it had jumped to", () => {
  expect(sequenceAt(MOMENTS, 5000, MOMENTS[0])).toBe(9);
});
