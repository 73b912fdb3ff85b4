import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRaw, encodeValue } from "../../protocols/modbus/values.ts";
import { tag } from "./profile-samples.ts";
import { exceedsStep, rawLimits, rawValue } from "./raw-value.ts";

test("bounds written in engineering units become the raw values that keep them", () => {
  const speed = tag("S", 0, { scale: 0.1 });
  expect(rawLimits(speed, { min: 20, max: 45 })).toMatchObject({ min: 200, max: 450 });
  expect(rawLimits(speed, { min: 20.05, max: 45.05 })).toMatchObject({ min: 201, max: 450 });
  expect(rawLimits(speed, { max: 0.3 })).toMatchObject({ min: -Infinity, max: 3 });
});

test("a negative scale turns the bounds round", () => {
  expect(rawLimits(tag("S", 0, { scale: -2, offset: 10 }), { min: 0, max: 6 })).toMatchObject({
    min: 2,
    max: 5,
  });
});

test("a float32 bound means the float32 that a client would write for it", () => {
  const dose = tag("D", 0, { type: "float32" });
  expect(rawLimits(dose, { max: 1.2 }).max).toBe(Math.fround(1.2));
  expect(rawLimits(dose, { min: 1.1 }).min).toBe(1.1);
  expect(rawLimits(dose, { values: [1.2] }).values).toEqual([Math.fround(1.2)]);
});

test("an allowed value that the tag cannot hold allows nothing", () => {
  expect(rawLimits(tag("S", 0, { scale: 0.1 }), { values: [20.05, 20.1] }).values).toEqual([
    Number.NaN,
    201,
  ]);
});

test("what a person may type within the bounds, the bounds accept", () => {
  const scales = fc.constantFrom(1, 0.1, 0.01, 0.001, 0.5, 2, 10, -0.1);
  fc.assert(
    fc.property(
      scales,
      fc.integer({ min: -3_000, max: 3_000 }),
      fc.nat(100),
      (scale, raw, offset) => {
        const each = tag("T", 0, { type: "int32", scale, offset });
        const value = Number((raw * scale + offset).toPrecision(14));
        const encoded = encodeValue(value, each);
        if (encoded.kind === "fault") throw new Error(encoded.reason);
        const written = rawValue(each, encoded.registers, 0);
        const { min, max, values } = rawLimits(each, { min: value, max: value, values: [value] });
        expect(min === written && max === written).toBe(true);
        expect(values?.includes(written)).toBe(true);
      },
    ),
  );
});

test("values are read where they stand, in either word order, and half a value is none", () => {
  const count = tag("C", 0, { type: "int32", wordOrder: "little" });
  expect(rawValue(count, [9, 0xfffe, 0xffff, 9], 1)).toBe(-2);
  expect(rawValue(count, [9, 0xfffe], 1)).toBeNaN();
  expect(rawValue(tag("S", 0), [], 0)).toBeNaN();
  expect(Number(decodeRaw([0xfffe, 0xffff], "int32", "little"))).toBe(-2);
});

test("a step is compared in whole raw values, for floats to their last digit", () => {
  const speed = tag("S", 0, { scale: 0.1 });
  const { step } = rawLimits(speed, { stepMax: 0.3 });
  expect(exceedsStep(speed, 100, 103, step)).toBe(false);
  expect(exceedsStep(speed, 100, 104, step)).toBe(true);
  const dose = tag("D", 0, { type: "float64" });
  expect(exceedsStep(dose, 0.1, 0.3, 0.2)).toBe(false);
  expect(exceedsStep(dose, 0.1, 0.3001, 0.2)).toBe(true);
  expect(exceedsStep(dose, Number.NaN, 0, 0.2)).toBe(true);
});
