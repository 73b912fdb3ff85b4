import { expect, test } from "vitest";
import { type PointLock, PointLocks, type PointSpan } from "./point-locks.ts";

const span = (first: number, last = first, table = "holding-registers", unit = 1): PointSpan => ({
  ...{ unit, table, first, last },
});

test("plain writes of one point go side by side; one that rests on its value goes alone", () => {
  const locks = new PointLocks();
  const a = locks.take([span(10)], false);
  expect(locks.take([span(10)], false)).toBeDefined();
  expect(locks.take([span(10)], true)).toBeUndefined();
  expect(locks.take([span(11)], true)).toBeDefined();
  expect(a).toBeDefined();
});

test.each([
  ["overlapping ranges", span(10, 20), span(20, 30), true],
  ["neighbours", span(10, 20), span(21, 30), false],
  ["another unit", span(10), span(10, 10, "holding-registers", 2), false],
  ["another table", span(10), span(10, 10, "coils"), false],
  ["a whole unit", span(10), span(0, 0, "*"), true],
])("%s", (_, one, other, excluded) => {
  const locks = new PointLocks();
  locks.take([one], true);
  expect(locks.take([other], false) === undefined).toBe(excluded);
});

test("who waits is served in order, and nobody slips past", () => {
  const locks = new PointLocks();
  const order: string[] = [];
  const first = locks.take([span(1)], false);
  locks.wait([span(1)], true, (lock) => {
    order.push("exclusive");
    queueMicrotask(() => locks.release(lock));
  });
  expect(locks.take([span(1)], false)).toBeUndefined();
  locks.wait([span(1)], false, () => order.push("plain"));
  expect(order).toEqual([]);
  locks.release(first as PointLock);
  expect(order).toEqual(["exclusive"]);
  return Promise.resolve().then(() => expect(order).toEqual(["exclusive", "plain"]));
});

test("who stops waiting stands in nobody's way", () => {
  const locks = new PointLocks();
  const first = locks.take([span(1)], false);
  const leave = locks.wait([span(1)], true, () => expect.unreachable());
  leave();
  expect(locks.take([span(1)], false)).toBeDefined();
  locks.release(first as PointLock);
});
