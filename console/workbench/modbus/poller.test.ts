import { expect, test } from "vitest";
import { TestClock } from "../../../test/kit/test-clock.ts";
import type { PlannedRead } from "./plan-reads.ts";
import { Poller, periodFor, READS_AT_ONCE } from "./poller.ts";

const READ: PlannedRead = {
  unit: 1,
  table: "coils",
  address: 0,
  count: 1,
  points: ["a"],
};

function setUp(answerAfterMs: number, plan: readonly PlannedRead[] = [READ]) {
  const clock = new TestClock();
  const seen: number[] = [];
  let atOnce = 0;
  let atOnceMost = 0;
  const poller = new Poller(
    {
      clock,
      read: () => {
        seen.push(clock.monotonicMs());
        atOnce += 1;
        atOnceMost = Math.max(atOnceMost, atOnce);
        return new Promise((done) => {
          clock.after(answerAfterMs, () => {
            atOnce -= 1;
            done();
          });
        });
      },
      onCycle: () => {},
    },
    { chosenMs: 1000, minMs: 250 },
  );
  poller.setPlan(plan);
  return { clock, poller, seen, most: () => atOnceMost };
}

/** Lets time pass in small steps, so that promises settle in between. */
async function pass(clock: TestClock, byMs: number): Promise<void> {
  for (let passed = 0; passed < byMs; passed += 10) {
    clock.advance(10);
    for (let n = 0; n < 8; n += 1) await Promise.resolve();
  }
}

test("the period is never below what the endpoint allows", () => {
  expect(periodFor({ chosenMs: 100, minMs: 250 }, 4, 0)).toBe(250);
});

test("many reads a cycle take a longer period, so that others have their share", () => {
  expect(periodFor({ chosenMs: 1000, minMs: 250 }, 40, 0)).toBe(2500);
});

test("a slow asset stretches the period instead of piling up reads", () => {
  expect(periodFor({ chosenMs: 1000, minMs: 250 }, 4, 4000)).toBe(5000);
});

test("a cycle begins once a period", async () => {
  const { clock, poller, seen } = setUp(50);
  poller.start();
  await pass(clock, 3100);
  expect(seen).toHaveLength(4);
  poller.stop();
  await pass(clock, 3000);
  expect(seen).toHaveLength(4);
});

test("nothing is read while nobody looks, and reading goes on when someone does", async () => {
  const { clock, poller, seen } = setUp(50);
  poller.start();
  await pass(clock, 500);
  poller.setVisible(false);
  await pass(clock, 5000);
  expect(seen).toHaveLength(1);
  poller.setVisible(true);
  await pass(clock, 100);
  expect(seen).toHaveLength(2);
});

test("few reads are on their way at once, and a stop drops the rest of the cycle", async () => {
  const plan = Array.from({ length: 20 }, (_, address) => ({ ...READ, address }));
  const { clock, poller, seen, most } = setUp(100, plan);
  poller.start();
  await pass(clock, 150);
  poller.stop();
  await pass(clock, 2000);
  expect(most()).toBe(READS_AT_ONCE);
  expect(seen.length).toBeLessThan(20);
});

test("one reading on demand covers the whole plan", async () => {
  const plan = Array.from({ length: 20 }, (_, address) => ({ ...READ, address }));
  const { clock, poller, seen } = setUp(10, plan);
  void poller.once();
  await pass(clock, 500);
  expect(seen).toHaveLength(20);
});
