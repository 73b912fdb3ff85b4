/**
 * A profile of 200 rules must not cost more than the network does. The aim is 1 µs for what passes;
 * ten times that fails, since other work on the machine must not.
 */
import { expect, test } from "vitest";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import { ALL, matcher, type RuleSketch, read, tag, write } from "./profile-samples.ts";

const JUDGED = 20_000;
const BATCHES = 9;
const NANOSECONDS_MAX = 10_000;

const tags = Array.from({ length: 200 }, (_, n) =>
  tag(`T${n}`, 2 * n, { scale: 0.1, min: 0, max: 100 }),
);

const rules: readonly RuleSketch[] = Array.from({ length: 200 }, (_, n) =>
  n < 100
    ? { match: { classes: ["operate"], tags: [`T${n}`, `T${n + 100}`] }, limits: { max: 50 } }
    : {
        match: {
          classes: ["observe"],
          table: "holding-registers",
          addresses: [{ first: 8 * (n - 100), last: 8 * (n - 100) + 7 }],
        },
      },
);

/** The best of some batches, in nanoseconds an operation: the others met other work. */
function cost(operation: ModbusOperation): number {
  const judge = matcher(rules, tags);
  const batches = Array.from({ length: BATCHES }, () => {
    const before = performance.now();
    for (let n = 0; n < JUDGED; n++) judge.judge(operation, ALL, 0);
    return ((performance.now() - before) / JUDGED) * 1e6;
  });
  return Math.min(...batches);
}

test.each<readonly [string, ModbusOperation]>([
  ["a read within one rule's range", read(400, 8)],
  ["a write within bounds", write(2 * 97, [200])],
  ["a write above its bound", write(2 * 97, [900])],
  ["a read over the ranges of many rules", read(300, 100)],
])("%s is judged in time", (_, operation) => {
  expect(cost(operation)).toBeLessThan(NANOSECONDS_MAX);
});
