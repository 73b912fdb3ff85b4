import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, type JsonValue, parseCanonicalJson } from "./canonical-json.ts";

/** RFC 8785 section 3.2.2 and 3.2.3, and the property sorting example of the same section. */
const SAMPLE = String.raw`{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`;
const SAMPLE_BYTES =
  "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d";

test("the sample of RFC 8785 gives the bytes that it gives", () => {
  const text = canonicalJson(JSON.parse(SAMPLE));
  expect(Buffer.from(text).toString("hex")).toBe(SAMPLE_BYTES);
});

test("keys are ordered by UTF-16 code units, as section 3.2.3 shows", () => {
  const value = {
    "€": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "😀": "Emoji: Grinning Face",
    "\u0080": "Control",
    ö: "Latin Small Letter O With Diaeresis",
  };
  const order = [...canonicalJson(value).matchAll(/:"([^"]*)"/g)].map(([, text]) => text);
  expect(order).toEqual([
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

/** Bits of an IEEE 754 double and its text, from appendix B of the RFC. */
const NUMBERS: readonly (readonly [bits: string, text: string])[] = [
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
];

test("numbers are written as appendix B of the RFC lists them", () => {
  for (const [bits, text] of NUMBERS) {
    expect(canonicalJson(Buffer.from(bits, "hex").readDoubleBE(0)), bits).toBe(text);
  }
  expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
  expect(() => canonicalJson(Number.POSITIVE_INFINITY)).toThrow(RangeError);
});

test("one value has one text, in whatever order its keys were written", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonicalJson(value as JsonValue);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(parseCanonicalJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("what is not canonical is not read", () => {
  for (const text of ['{"b":1,"a":2}', '{ "a":1}', '{"a":1,"a":1}', "1.0", "", '"\\u0041"', "{"]) {
    expect(parseCanonicalJson(text), text).toBeUndefined();
  }
});

test("half a surrogate pair and absurd depth are refused", () => {
  expect(() => canonicalJson({ a: "\ud800" })).toThrow(RangeError);
  let deep: JsonValue = 1;
  for (let at = 0; at < 100; at += 1) deep = [deep];
  expect(() => canonicalJson(deep)).toThrow(RangeError);
});
