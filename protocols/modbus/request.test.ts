import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import { itemsOf, requestItems } from "../../test/kit/modbus-samples.ts";
import { describeOperation } from "./describe.ts";
import { encodeRequest } from "./encode.ts";
import { frameLength, HEADER_LENGTH } from "./frame.ts";
import { Malformed } from "./malformed.ts";
import { decodeRequest } from "./request.ts";

/** The PDU of each function, in hexadecimal, and what it says. */
const REQUESTS = [
  ["01 0013 0025", "observe modbus:read unit 1 coil 19-55"],
  ["02 00c4 0016", "observe modbus:read unit 1 discrete input 196-217"],
  ["03 006b 0003", "observe modbus:read unit 1 holding 107-109"],
  ["04 0008 0001", "observe modbus:read unit 1 input 8"],
  ["05 00ac ff00", "operate modbus:write unit 1 coil 172 = [1]"],
  ["06 0001 0003", "operate modbus:write unit 1 holding 1 = [3]"],
  ["07", "observe modbus:identify unit 1 function 7"],
  ["08 0000 a537", "program modbus:diagnostic unit 1 function 8/0 [42295]"],
  ["08 0000 a537 0001", "program modbus:diagnostic unit 1 function 8/0 [42295 1]"],
  ["08 000a 0000", "program modbus:diagnostic unit 1 function 8/10 [0]"],
  ["0b", "observe modbus:identify unit 1 function 11"],
  ["0c", "observe modbus:identify unit 1 function 12"],
  ["0f 0013 000a 02 cd01", "operate modbus:write unit 1 coil 19-28 = [1 0 1 1 0 0 1 1 1 0]"],
  ["10 0001 0002 04 000a 0102", "operate modbus:write unit 1 holding 1-2 = [10 258]"],
  ["11", "observe modbus:identify unit 1 function 17"],
  ["16 0004 00f2 0025", "operate modbus:mask unit 1 holding 4 and 00F2 or 0025"],
  ["18 04de", "observe modbus:fifo-read unit 1 fifo 1246"],
  ["2b 0e 01 00", "observe modbus:identify unit 1 function 43/14 code 1 object 0"],
  ["2b 0d 01", "program modbus:other unit 1 function 43/13 (2 bytes)"],
  ["5a", "program modbus:other unit 1 function 90 (0 bytes)"],
  ["64 0102", "program modbus:other unit 1 function 100 (2 bytes)"],
] as const;

for (const [pdu, said] of REQUESTS) {
  test(`${pdu} is ${said}`, () => {
    const items = itemsOf(1, [...fromHex(pdu)]);
    expect(items.map(describeOperation)).toEqual([said]);
    expect(toHex(encodeRequest(items, 5)).slice(2 * HEADER_LENGTH)).toBe(pdu.replaceAll(" ", ""));
  });
}

/** Vendor codes and tunnels have no length of their own. */
const FIXED = REQUESTS.filter(([pdu]) => !/^(2b 0d|5a|64)/.test(pdu));

test.each(FIXED)("%s with a byte more or less is no request", (pdu) => {
  const bytes = fromHex(pdu);
  const longer = Uint8Array.from([...bytes, 0]);
  expect(decodeRequest(1, longer, 0, longer.length)).toBeInstanceOf(Malformed);
  for (let length = 2; length < bytes.length; length++) {
    // 08 0000 a537 is itself the shorter form of 08 0000 a537 0001.
    if (bytes[0] === 8 && length === 5) continue;
    expect(decodeRequest(1, bytes.subarray(0, length), 0, length)).toBeInstanceOf(Malformed);
  }
});

const QUANTITIES = [
  [1, 2000],
  [2, 2000],
  [3, 125],
  [4, 125],
] as const;

test.each(QUANTITIES)("function %i reads 1 to %i points, neither 0 nor more", (code, max) => {
  const decode = (count: number) =>
    decodeRequest(1, Uint8Array.of(code, 0, 0, count >> 8, count & 255), 0, 5);
  expect(decode(1)).toMatchObject([{ count: 1 }]);
  expect(decode(max)).toMatchObject([{ count: max }]);
  expect(decode(0)).toMatchObject({ exception: 3 });
  expect(decode(max + 1)).toMatchObject({ exception: 3 });
  expect(decode(65_535)).toMatchObject({ exception: 3 });
});

test("functions 15, 16 and 23 write up to 1968, 123 and 121 points", () => {
  expect(decodeRequest(1, writing(15, 1968, 246), 0, 6 + 246)).toMatchObject([{ function: 15 }]);
  expect(decodeRequest(1, writing(15, 1969, 247), 0, 6 + 247)).toMatchObject({ exception: 3 });
  expect(decodeRequest(1, writing(16, 123, 246), 0, 6 + 246)).toMatchObject([{ function: 16 }]);
  expect(decodeRequest(1, writing(16, 124, 248), 0, 6 + 248)).toMatchObject({ exception: 3 });
  expect(decodeRequest(1, writing(16, 0, 0), 0, 6)).toMatchObject({ exception: 3 });
  expect(decodeRequest(1, readWriting(125, 121), 0, 10 + 242)).toMatchObject([{}, { count: 125 }]);
  expect(decodeRequest(1, readWriting(1, 122), 0, 10 + 244)).toMatchObject({ exception: 3 });
  expect(decodeRequest(1, readWriting(126, 1), 0, 12)).toMatchObject({ exception: 3 });
  expect(decodeRequest(1, readWriting(0, 1), 0, 12)).toMatchObject({ exception: 3 });
  expect(decodeRequest(1, readWriting(1, 0), 0, 10)).toMatchObject({ exception: 3 });
});

/** File requests that are none, by what is wrong with them. */
const WRONG_FILES = [
  ["no sub-request", "14 00"],
  ["a byte count that is no multiple of 7", "14 08 06 0001 0000 0001 00"],
  ["a byte count of less than is there", "14 07 06 0001 0000 0001 06 0001 0000 0001"],
  ["another reference type", "14 07 05 0001 0000 0001"],
  ["file 0", "14 07 06 0000 0000 0001"],
  ["records over 9999", "14 07 06 0001 270f 0002"],
  ["no records", "14 07 06 0001 0000 0000"],
  ["a reply of more than one PDU", "14 07 06 0001 0000 007b"],
  ["a write of no records", "15 09 06 0001 0000 0000 0001"],
  ["a write with less data than it says", "15 09 06 0001 0000 0002 0001"],
  ["a write with half a sub-request after it", "15 0b 06 0001 0000 0001 0001 06 00"],
] as const;

test.each(WRONG_FILES)("a file request with %s is refused", (_what, pdu) => {
  const bytes = fromHex(pdu);
  expect(decodeRequest(1, bytes, 0, bytes.length)).toBeInstanceOf(Malformed);
});

test("the read device identification code is 1 to 4", () => {
  for (const code of [0, 5, 255]) {
    expect(decodeRequest(1, Uint8Array.of(43, 14, code, 0), 0, 4)).toMatchObject({ exception: 3 });
  }
});

test("what is encoded decodes to the same, and is one whole frame", () => {
  fc.assert(
    fc.property(requestItems, fc.nat(0xffff), (items, transaction) => {
      const bytes = encodeRequest(items, transaction);
      expect(frameLength(bytes, 0, bytes.length)).toBe(bytes.length);
      const unit = items[0]?.unit ?? 0;
      expect(decodeRequest(unit, bytes, HEADER_LENGTH, bytes.length)).toEqual(items);
    }),
  );
});

test("whatever decodes is encoded to the very bytes it was decoded from", () => {
  const pdu = fc.tuple(fc.nat(0x7f), fc.uint8Array({ maxLength: 20 }));
  fc.assert(
    fc.property(pdu, ([code, rest]) => {
      const bytes = Uint8Array.from([code, ...rest]);
      const items = decodeRequest(9, bytes, 0, bytes.length);
      fc.pre(!(items instanceof Malformed));
      if (items instanceof Malformed) return;
      expect(toHex(encodeRequest(items, 0).subarray(HEADER_LENGTH))).toBe(toHex(bytes));
    }),
    { numRuns: 2000 },
  );
});

test("equal reads have equal keys, different ones different keys, all exact", () => {
  fc.assert(
    fc.property(requestItems, requestItems, ([a], [b]) => {
      if (a?.key === undefined || b?.key === undefined) return;
      expect(Number.isSafeInteger(a.key)).toBe(true);
      expect(a.key === b.key).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
    { numRuns: 1000 },
  );
});

test("operations that make no single request are our own fault and throw", () => {
  const [read] = itemsOf(1, [3, 0, 0, 0, 1]);
  const [write] = itemsOf(1, [6, 0, 0, 0, 1]);
  if (!read || !write) throw new Error("no operations");
  expect(() => encodeRequest([], 1)).toThrow();
  expect(() => encodeRequest([read, read], 1)).toThrow();
  expect(() => encodeRequest([write, read, read], 1)).toThrow();
});

function writing(code: number, count: number, byteCount: number): Uint8Array {
  const bytes = new Uint8Array(6 + byteCount);
  bytes.set([code, 0, 0, count >> 8, count & 255, byteCount & 255]);
  return bytes;
}

function readWriting(read: number, written: number): Uint8Array {
  const bytes = new Uint8Array(10 + 2 * written);
  bytes.set([23, 0, 0, 0, read, 0, 0, 0, written, 2 * written]);
  return bytes;
}
