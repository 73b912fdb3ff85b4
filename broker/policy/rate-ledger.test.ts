import fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedRateLedger } from "./rate-ledger.ts";

test("no window of the interval ever holds more writes than are allowed", () => {
  const attempts = fc.array(
    fc.record({
      waitMs: fc.nat(40),
      points: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
    }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(attempts, fc.integer({ min: 1, max: 5 }), (list, countMax) => {
      const ledger = new BoundedRateLedger();
      const taken = new Map<string, number[]>();
      let nowMs = 0;
      for (const { waitMs, points } of list) {
        nowMs += waitMs;
        const within = (point: string) =>
          (taken.get(point) ?? []).filter((atMs) => atMs > nowMs - 100).length;
        const free = points.every((point) => within(point) < countMax);
        expect(ledger.take(points, 100, countMax, nowMs)).toBe(free);
        if (!free) continue;
        for (const point of points) taken.set(point, [...(taken.get(point) ?? []), nowMs]);
      }
    }),
  );
});

test("a write of several points that is refused counts for none of them", () => {
  const ledger = new BoundedRateLedger();
  expect(ledger.take(["a"], 100, 1, 0)).toBe(true);
  expect(ledger.take(["b", "a"], 100, 1, 1)).toBe(false);
  expect(ledger.take(["b"], 100, 1, 1)).toBe(true);
});

test("the longest interval of a point is kept, whatever rule counted last", () => {
  const ledger = new BoundedRateLedger();
  expect(ledger.take(["a"], 1_000, 2, 0)).toBe(true);
  for (const ms of [100, 200, 300]) expect(ledger.take(["a"], 10, 1, ms)).toBe(true);
  expect(ledger.take(["a"], 1_000, 2, 400)).toBe(false);
});

test("it forgets nothing that still counts: full of fresh points, it refuses new ones", () => {
  const ledger = new BoundedRateLedger(3);
  for (const point of ["a", "b", "c"]) expect(ledger.take([point], 100, 1, 0)).toBe(true);
  expect(ledger.take(["d"], 100, 1, 50)).toBe(false);
  expect(ledger.take(["a"], 100, 1, 50)).toBe(false);
  expect(ledger.take(["d"], 100, 1, 100)).toBe(true);
  expect(ledger.size).toBe(1);
});

test("points that expire early make room although others last", () => {
  const ledger = new BoundedRateLedger(2);
  expect(ledger.take(["long"], 10_000, 1, 0)).toBe(true);
  expect(ledger.take(["short"], 10, 1, 0)).toBe(true);
  expect(ledger.take(["x"], 10, 1, 5)).toBe(false);
  expect(ledger.take(["x"], 10, 1, 10)).toBe(true);
  expect(ledger.take(["y"], 10, 1, 20)).toBe(true);
  expect(ledger.take(["long"], 10_000, 1, 9_999)).toBe(false);
});

test("memory is bounded for a subject that writes everything for ever", () => {
  const ledger = new BoundedRateLedger(100);
  for (let n = 0; n < 50_000; n++) ledger.take([`p${n % 1_000}`], 50, 100, n);
  expect(ledger.size).toBeLessThanOrEqual(100);
});
