import fc from "fast-check";
import { expect, test } from "vitest";
import { READ_BITS_MAX, READ_REGISTERS_MAX } from "../../../protocols/modbus/decode-points.ts";
import type { PointType } from "../../../protocols/modbus/values.ts";
import { type Point, planReads, widthOf } from "./plan-reads.ts";

const NONE: ReadonlySet<string> = new Set();

function holding(name: string, address: number, type: PointType = "uint16", unitId = 1): Point {
  return { name, unitId, table: "holding-registers", address, type };
}

test("adjacent registers are read together, distant ones apart", () => {
  const reads = planReads(
    [holding("c", 20), holding("a", 10), holding("b", 11, "float32"), holding("d", 21)],
    NONE,
  );
  expect(reads).toEqual([
    { unit: 1, table: "holding-registers", address: 10, count: 3, points: ["a", "b"] },
    { unit: 1, table: "holding-registers", address: 20, count: 2, points: ["c", "d"] },
  ]);
});

test("a register nobody named is never read to bridge a gap", () => {
  expect(planReads([holding("a", 10), holding("b", 12)], NONE)).toHaveLength(2);
});

test("units and tables are never mixed", () => {
  const reads = planReads(
    [holding("a", 0), holding("b", 1, "uint16", 2), { ...holding("c", 1), table: "coils" }],
    NONE,
  );
  expect(reads).toHaveLength(3);
});

test("overlapping points share a read and keep the longer end", () => {
  const reads = planReads([holding("wide", 10, "float64"), holding("low", 11)], NONE);
  expect(reads).toEqual([
    { unit: 1, table: "holding-registers", address: 10, count: 4, points: ["wide", "low"] },
  ]);
});

test("a point set apart is read alone and its neighbours go on together", () => {
  const reads = planReads(
    [holding("a", 10), holding("b", 11), holding("c", 12), holding("d", 13)],
    new Set(["b"]),
  );
  expect(reads.map((read) => read.points)).toEqual([["a"], ["b"], ["c", "d"]]);
});

test("a point of several registers is never torn at the limit of a read", () => {
  const points = Array.from({ length: 63 }, (_, n) => holding(`f${n}`, n * 2, "float32"));
  const reads = planReads(points, NONE);
  expect(reads.map((read) => read.count)).toEqual([124, 2]);
});

const anyPoint = fc.record({
  name: fc.string({ minLength: 1, maxLength: 6 }),
  unitId: fc.integer({ min: 0, max: 2 }),
  table: fc.constantFrom("coils", "discrete-inputs", "holding-registers", "input-registers"),
  address: fc.integer({ min: 0, max: 3000 }),
  type: fc.constantFrom("bool", "uint16", "float32", "int64"),
}) satisfies fc.Arbitrary<Point>;

test("every point lies whole in exactly one read, and no read is over the limit", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyPoint, { selector: (point) => point.name, maxLength: 300 }),
      (points) => {
        const reads = planReads(points, NONE);
        for (const point of points) {
          const mine = reads.filter((read) => read.points.includes(point.name));
          expect(mine).toHaveLength(1);
          const [read] = mine;
          expect(read?.table).toBe(point.table);
          expect(read?.unit).toBe(point.unitId);
          expect(read && read.address <= point.address).toBe(true);
          const end = point.address + widthOf(point.type, point.table);
          expect(read && read.address + read.count >= end).toBe(true);
        }
        for (const read of reads) {
          const bits = read.table === "coils" || read.table === "discrete-inputs";
          expect(read.count).toBeLessThanOrEqual(bits ? READ_BITS_MAX : READ_REGISTERS_MAX);
        }
      },
    ),
  );
});
