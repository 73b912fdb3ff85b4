import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex } from "../../test/kit/hex.ts";
import { honestReply, itemsOf, requestItems } from "../../test/kit/modbus-samples.ts";
import { encodeRequest } from "./encode.ts";
import { exceptionForRefusal, exceptionName } from "./exception.ts";
import { HEADER_LENGTH } from "./frame.ts";
import { decodeReply } from "./reply-values.ts";

/** Request, reply, and what the reply says. */
const ANSWERS = [
  ["01 0000 000a", "01 02 cd03", [[1, 0, 1, 1, 0, 0, 1, 1, 1, 1]]],
  ["02 0000 0003", "02 01 05", [[1, 0, 1]]],
  ["03 006b 0002", "03 04 022b 0064", [[555, 100]]],
  ["04 0008 0001", "04 02 000a", [[10]]],
  ["05 00ac ff00", "05 00ac ff00", [[]]],
  ["06 0001 0003", "06 0001 0003", [[]]],
  ["07", "07 6d", [[0x6d]]],
  ["08 0000 a537", "08 0000 a537", [[0xa537]]],
  ["08 000b 0000", "08 000b 0021", [[0x21]]],
  ["0b", "0b ffff 0108", [[255, 255, 1, 8]]],
  ["0c", "0c 08 0000 0108 0121 2000", [[8, 0, 0, 1, 8, 1, 0x21, 0x20, 0]]],
  ["0f 0013 000a 02 cd01", "0f 0013 000a", [[]]],
  ["10 0001 0002 04 000a 0102", "10 0001 0002", [[]]],
  ["11", "11 03 41 42 ff", [[3, 0x41, 0x42, 255]]],
  [
    "14 0e 06 0004 0001 0002 06 0003 0009 0001",
    "14 0a 05 06 0dfe 0020 03 06 33cd",
    [[0x0dfe, 32], [0x33cd]],
  ],
  ["15 0b 06 0004 0007 0002 06af 04be", "15 0b 06 0004 0007 0002 06af 04be", [[]]],
  ["16 0004 00f2 0025", "16 0004 00f2 0025", [[]]],
  ["17 0003 0001 000e 0001 02 00ff", "17 02 00fe", [[], [254]]],
  ["18 04de", "18 0006 0002 01b8 1284", [[440, 4740]]],
  ["64 01", "64 ff 00", [[255, 0]]],
] as const;

test.each(ANSWERS)("to %s the reply %s says %j", (request, reply, values) => {
  const items = itemsOf(1, [...fromHex(request)]);
  const bytes = fromHex(reply);
  expect(decodeReply(items, bytes, 0, bytes.length)).toEqual({ kind: "answer", values });
});

/** Vendor codes have no size of their own. */
const FIXED = ANSWERS.filter(([request]) => !request.startsWith("64"));

test.each(FIXED)("to %s, %s with a byte more or less says nothing", (request, reply) => {
  const items = itemsOf(1, [...fromHex(request)]);
  const bytes = fromHex(reply);
  const longer = Uint8Array.from([...bytes, 0]);
  expect(decodeReply(items, longer, 0, longer.length)).toMatchObject({ kind: "mismatch" });
  for (let length = 1; length < bytes.length; length++) {
    expect(decodeReply(items, bytes, 0, length)).toMatchObject({ kind: "mismatch" });
  }
});

/** Replies that confirm something else. */
const LIES = [
  ["05 00ac ff00", "05 00ac 0000"],
  ["0f 0013 000a 02 cd01", "0f 0013 000b"],
  ["10 0001 0002 04 000a 0102", "10 0002 0002"],
  ["15 0b 06 0004 0007 0002 06af 04be", "15 0b 06 0004 0007 0002 06af 04bf"],
  ["16 0004 00f2 0025", "16 0004 00f2 0026"],
  ["08 0000 a537", "08 0000 a538"],
  ["08 000b 0000", "08 000c 0000"],
  ["14 07 06 0004 0001 0001", "14 04 03 05 0001"],
  ["18 04de", "18 0006 0003 01b8 1284"],
  ["2b 0e 01 00", "2b 0e 02 01 00 00 00"],
  ["2b 0d 01", "2b 0e 01"],
  ["0c", "0c 05 0000 0108 01"],
] as const;

test.each(LIES)("to %s, %s is no answer", (request, reply) => {
  const items = itemsOf(1, [...fromHex(request)]);
  const bytes = fromHex(reply);
  expect(decodeReply(items, bytes, 0, bytes.length)).toMatchObject({ kind: "mismatch" });
});

test("a device identification is read object by object", () => {
  const items = itemsOf(1, [0x2b, 14, 1, 0]);
  const reply = fromHex("2b 0e 01 01 ff 02 02 00 03 414243 01 02 31ff");
  expect(decodeReply(items, reply, 0, reply.length)).toMatchObject({
    kind: "answer",
    identity: {
      conformity: 1,
      more: true,
      next: 2,
      objects: [
        { id: 0, value: "ABC" },
        { id: 1, value: "1." },
      ],
    },
  });
});

test("an honest reply to any request is one, an exception included", () => {
  fc.assert(
    fc.property(requestItems, fc.nat(1000), (items, seed) => {
      const frame = honestReply(encodeRequest(items, 1), seed);
      const reply = decodeReply(items, frame, HEADER_LENGTH, frame.length);
      expect(reply.kind).toBe(seed % 8 === 7 ? "exception" : "answer");
      if (reply.kind === "answer") expect(reply.values.length).toBe(items.length);
    }),
    { numRuns: 500 },
  );
});

test("no bytes make reading a reply throw", () => {
  fc.assert(
    fc.property(requestItems, fc.uint8Array({ minLength: 1, maxLength: 253 }), (items, bytes) => {
      const head = items[0]?.function ?? 0;
      const reply = Uint8Array.from([head, ...bytes.subarray(1)]);
      decodeReply(items, reply, 0, reply.length);
    }),
    { numRuns: 1000 },
  );
});

test("exceptions have names for people, and refusals have exceptions", () => {
  expect(exceptionName(2)).toBe("illegal data address (02)");
  expect(exceptionName(0x0b)).toBe("device did not respond (0B)");
  expect(exceptionName(0x42)).toBe("exception (42)");
  expect(exceptionForRefusal("unit")).toBe(0x0a);
});
