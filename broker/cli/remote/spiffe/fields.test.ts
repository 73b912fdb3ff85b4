import fc from "fast-check";
import { expect, test } from "vitest";
import { fieldOf, fieldsOf, Malformed } from "./fields.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

test("fields with a length are read in their order, others are stepped over", () => {
  // 1: "ab", 2: varint 300, 3: eight bytes, 4: four bytes, 16: empty.
  const message = hex("0a 02 6162  10 ac02  19 0102030405060708  25 01020304  8201 00");
  expect(fieldsOf(message)).toEqual([
    { number: 1, bytes: hex("6162") },
    { number: 16, bytes: hex("") },
  ]);
  expect(fieldsOf(hex(""))).toEqual([]);
});

test.each([
  ["ends within a field", "0a 03 6162"],
  ["ends within a length", "0a 80"],
  ["has a length of 2^63", "0a ffffffffffffffff7f 61"],
  ["has a number without an end", "0a 8080808080808080808001"],
  ["begins a group", "0b"],
])("a message that %s is malformed", (_, text) => {
  expect(() => fieldsOf(hex(text))).toThrow(Malformed);
});

test("what is written is read again, and any bytes are read or malformed", () => {
  const number = fc.integer({ min: 1, max: 2 ** 29 - 1 });
  fc.assert(
    fc.property(number, fc.uint8Array({ maxLength: 500 }), (of, bytes) => {
      expect(fieldsOf(fieldOf(of, bytes))).toEqual([{ number: of, bytes }]);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        for (const field of fieldsOf(bytes)) expect(field.bytes.length).toBeLessThan(60);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }),
  );
});
