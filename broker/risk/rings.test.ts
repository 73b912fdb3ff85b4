/** What rings for a finding, and what does not. */
import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { Rings } from "./rings.ts";

const HOUR_MS = 3_600_000;

test("a finding that asks for more than the passkey rings once an hour", () => {
  const clock = new TestClock();
  const rings = new Rings(clock);
  expect(rings.take("first-operation", "ben", "plc")).toBe(false);
  expect(rings.take("value", "ben", "plc")).toBe(true);
  expect(rings.take("value", "ben", "plc")).toBe(false);
  expect(rings.take("refusals", "ben", "plc")).toBe(true);
  clock.advance(HOUR_MS);
  expect(rings.take("value", "ben", "plc")).toBe(true);
});

test("a storm of findings rings no more than a person can hear", () => {
  const rings = new Rings(new TestClock());
  const rang = Array.from({ length: 500 }, (_, n) => rings.take("value", `person ${n}`, "plc"));
  expect(rang.filter(Boolean)).toHaveLength(20);
});
