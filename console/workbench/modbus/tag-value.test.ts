import fc from "fast-check";
import { expect, test } from "vitest";
import {
  boundsOf,
  encodeTyped,
  exactText,
  notationOf,
  numberText,
  rawText,
  type ShownTag,
  tagValue,
  valueText,
} from "./tag-value.ts";

const SPEED: ShownTag = {
  name: "P101.SpeedSetpoint",
  unitId: 1,
  table: "holding-registers",
  address: 11,
  type: "uint16",
  wordOrder: "big",
  scale: 0.1,
  offset: 0,
  unit: "Hz",
  min: 0,
  max: 50,
};
const DOSE: ShownTag = { ...SPEED, name: "D201", type: "float32", scale: 1, unit: "mg/l" };
const RUN: ShownTag = {
  ...SPEED,
  name: "P101.Run",
  table: "coils",
  type: "bool",
  scale: 1,
  unit: "",
  states: [
    { value: 0, word: "stopped" },
    { value: 1, word: "running" },
  ],
};

test("a value carries its unit and as many decimals as its scale", () => {
  expect(valueText(SPEED, tagValue(SPEED, [350]) ?? Number.NaN)).toBe("35.0 Hz");
  expect(numberText({ ...SPEED, scale: 0.001 }, 1.5)).toBe("1.500");
  expect(numberText({ ...SPEED, scale: 1e-7 }, 1e-7)).toBe("0.0000001");
});

test("a state is told by its word", () => {
  expect(valueText(RUN, 1)).toBe("running");
  expect(valueText(RUN, 0)).toBe("stopped");
});

test.each([
  [0.200381234, "0.2"],
  [0.20456, "0.205"],
  [7.123456, "7.123"],
  [71.2399, "71.24"],
  [123_456.7, "123457"],
  [-0.00012345, "-0.000123"],
  [0, "0"],
])(
  "a float of %f is shown as %s: with the digits that an instrument is good for",
  (value, text) => {
    expect(numberText(DOSE, value)).toBe(text);
  },
);

test("what is written is shown with every digit that the registers will hold", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const [shown = ""] = exactText(DOSE, value).split(" ");
      expect(Math.fround(Number(shown)) === value).toBe(true);
    }),
  );
  expect(exactText(DOSE, Math.fround(1.2))).toBe("1.2 mg/l");
  expect(exactText(SPEED, 35)).toBe("35.0 Hz");
  expect(exactText(RUN, 1)).toBe("running");
});

test("a float's registers are shown in hex", () => {
  expect(valueText(DOSE, tagValue(DOSE, [0x3f99, 0x999a]) ?? 0)).toBe("1.2 mg/l");
  expect(rawText(DOSE, [0x3f99, 0x999a])).toBe("3F99 999A");
  expect(rawText(SPEED, [350])).toBe("350");
});

test("registers that are not those of the type give no value", () => {
  expect(tagValue(DOSE, [1])).toBeUndefined();
});

test("what was typed becomes registers, or a sentence about what is wrong", () => {
  expect(encodeTyped(SPEED, " 35.5 ")).toEqual({ kind: "registers", registers: [355] });
  expect(encodeTyped(SPEED, "35,5").kind).toBe("fault");
  expect(encodeTyped(SPEED, "").kind).toBe("fault");
  expect(encodeTyped(SPEED, "fast").kind).toBe("fault");
  expect(encodeTyped(SPEED, "7000").kind).toBe("fault");
});

test("bounds are those of the plant file, else those of the type", () => {
  expect(boundsOf(SPEED)).toEqual({ min: 0, max: 50 });
  expect(boundsOf({ ...SPEED, min: null, max: null })).toEqual({ min: 0, max: 6553.5 });
});

test("addresses are shown in the notation of the plant's drawings", () => {
  expect(notationOf("holding-registers", 11)).toBe("40012");
  expect(notationOf("coils", 0)).toBe("00001");
  expect(notationOf("input-registers", 9999)).toBe("310000");
});
