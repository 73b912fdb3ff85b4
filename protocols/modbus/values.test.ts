import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeRaw,
  decodeValue,
  encodeRaw,
  encodeValue,
  type PointFormat,
  type PointType,
  registerCount,
  valueRange,
} from "./values.ts";

const INTEGERS: readonly PointType[] = [
  "bool",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "uint64",
  "int64",
];
const order = fc.constantFrom("big" as const, "little" as const);

const format = (type: PointType, more: Partial<PointFormat> = {}): PointFormat => ({
  type,
  wordOrder: "big",
  scale: 1,
  offset: 0,
  ...more,
});

test("registers of any type come back as they were, whatever the word order", () => {
  const all = fc.constantFrom<PointType>(...INTEGERS.slice(1), "float32", "float64");
  fc.assert(
    fc.property(
      all,
      order,
      fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 }),
      (type, wordOrder, words) => {
        const registers = words.slice(0, registerCount(type));
        const raw = decodeRaw(registers, type, wordOrder);
        // What a NaN carries besides is lost; everything else is exact.
        fc.pre(!Number.isNaN(raw));
        expect(encodeRaw(raw, type, wordOrder)).toEqual({ kind: "registers", registers });
      },
    ),
    { numRuns: 1000 },
  );
});

test("every step of a scaled value comes back as it was", () => {
  const scales = fc.constantFrom(1, 0.1, 0.01, 0.001, 0.5, 10, -0.1, 1 / 3);
  fc.assert(
    fc.property(fc.nat(0xffff), scales, fc.constantFrom(0, -40, 0.25), (raw, scale, offset) => {
      const scaled = format("uint16", { scale, offset });
      expect(encodeValue(decodeValue([raw], scaled), scaled)).toEqual({
        kind: "registers",
        registers: [raw],
      });
    }),
    { numRuns: 1000 },
  );
});

test("word order says which register comes first", () => {
  expect(decodeRaw([0x0001, 0x0002], "uint32", "big")).toBe(0x0001_0002);
  expect(decodeRaw([0x0001, 0x0002], "uint32", "little")).toBe(0x0002_0001);
  expect(decodeRaw([0x3f99, 0x999a], "float32", "big")).toBeCloseTo(1.2, 6);
  expect(decodeRaw([0, 0, 0, 1], "uint64", "big")).toBe(1n);
  expect(decodeRaw([0xffff, 0xffff, 0xffff, 0xffff], "int64", "little")).toBe(-1n);
});

test("decimal fractions show without noise", () => {
  expect(decodeValue([353], format("uint16", { scale: 0.1 }))).toBe(35.3);
  expect(decodeValue([0xfff6], format("int16", { scale: 0.1 }))).toBe(-1);
});

test("a value between two steps is refused with the nearest two, not rounded", () => {
  expect(encodeValue(35.04, format("uint16", { scale: 0.1 }))).toEqual({
    kind: "fault",
    reason: "35.04 cannot be set exactly; the nearest are 35 and 35.1",
  });
});

test("a value outside its type is refused with the range in engineering units", () => {
  expect(encodeValue(7000, format("uint16", { scale: 0.1 }))).toEqual({
    kind: "fault",
    reason: "7000 does not fit uint16 (0 to 6553.5)",
  });
  expect(encodeValue(-1, format("uint32"))).toMatchObject({ kind: "fault" });
  expect(encodeValue(2, format("bool"))).toMatchObject({ kind: "fault" });
  expect(encodeValue(1e39, format("float32"))).toMatchObject({ kind: "fault" });
  expect(encodeValue(Number.NaN, format("float64"))).toMatchObject({ kind: "fault" });
  expect(encodeValue(2 ** 60, format("uint64"))).toMatchObject({ kind: "fault" });
  expect(encodeRaw(2n ** 60n, "uint64", "big")).toMatchObject({ registers: [0x1000, 0, 0, 0] });
});

test("the range of a type is that of its engineering value, floats have none", () => {
  expect(valueRange(format("int16", { scale: -0.1 }))).toEqual({ min: -3276.7, max: 3276.8 });
  expect(valueRange(format("bool"))).toEqual({ min: 0, max: 1 });
  expect(valueRange(format("float32"))).toBeUndefined();
});

test("any bit of a register counts as true", () => {
  expect(decodeRaw([0x0100], "bool", "big")).toBe(1);
  expect(encodeRaw(1, "bool", "big")).toEqual({ kind: "registers", registers: [1] });
});

test("the wrong number of registers is our own fault and throws", () => {
  expect(() => decodeRaw([1], "uint32", "big")).toThrow("uint32 takes 2 registers");
});
