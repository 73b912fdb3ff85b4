/** One rule stops so many people, all rules together so many: a flood does not stop the site. */
import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { STOPPED_PEOPLE_MAX, StoppedPeople } from "./stopped-people.ts";

const HOUR_MS = 3_600_000;

test("a rule stops so many people within an hour, and the same ones again and again", () => {
  const clock = new TestClock();
  const stopped = new StoppedPeople(clock);
  for (let n = 0; n < 100; n++) expect(stopped.take("odd", "ben", 2)).toBe(true);
  expect(stopped.take("odd", "ann", 2)).toBe(true);
  expect(stopped.take("odd", "eve", 2)).toBe(false);
  expect(stopped.take("other", "eve", 2)).toBe(true);
  clock.advance(HOUR_MS);
  expect(stopped.take("odd", "eve", 2)).toBe(true);
});

test("all rules together stop so many people", () => {
  const stopped = new StoppedPeople(new TestClock());
  const taken = Array.from({ length: 40 }, (_, n) => stopped.take(`rule-${n % 10}`, `p${n}`, 20));
  expect(taken.filter(Boolean)).toHaveLength(STOPPED_PEOPLE_MAX);
});

test("that there is no room is said once an hour for each rule", () => {
  const clock = new TestClock();
  const stopped = new StoppedPeople(clock);
  expect([stopped.tell("odd"), stopped.tell("odd"), stopped.tell("other")]).toEqual([
    ...[true, false, true],
  ]);
  clock.advance(HOUR_MS);
  expect(stopped.tell("odd")).toBe(true);
});
