/** Modbus messages for properties and fuzzing: well-formed, nearly well-formed, and an honest asset's replies. */
import fc from "fast-check";
import { readOf, writeOf } from "../../protocols/modbus/decode-points.ts";
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import { exceptionFrame, HEADER_LENGTH, newFrame } from "../../protocols/modbus/frame.ts";
import { Malformed } from "../../protocols/modbus/malformed.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import { decodeRequest, type Items } from "../../protocols/modbus/request.ts";
import { setWord, wordAt } from "../../protocols/modbus/words.ts";

const word = fc.nat(0xffff);
const unit = fc.constantFrom(0, 1, 2, 255);
const words = (maxLength: number, minLength = 1) => fc.array(word, { minLength, maxLength });

/** Address and count that do not run over 65535. */
const range = (countMax: number) =>
  fc
    .record({
      count: fc.integer({ min: 1, max: countMax }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ count, at }) => ({ count, address: Math.floor(at * (65_536 - count)) }));

const TABLES = ["coils", "discrete-inputs", "holding-registers", "input-registers"] as const;

const reads: fc.Arbitrary<Items> = fc
  .tuple(unit, fc.integer({ min: 1, max: 4 }))
  .chain(([u, code]) =>
    range(code < 3 ? 2000 : 125).map(({ address, count }) => [
      readOf(u, code, TABLES[code - 1] ?? "coils", address, count),
    ]),
  );

const writes: fc.Arbitrary<Items> = fc.oneof(
  fc.tuple(unit, word, fc.nat(1)).map(([u, at, v]) => [writeOf(u, 5, "coils", at, [v])]),
  fc.tuple(unit, word, word).map(([u, at, v]) => [writeOf(u, 6, "holding-registers", at, [v])]),
  fc
    .tuple(unit, range(1968))
    .chain(([u, { address, count }]) =>
      fc
        .array(fc.nat(1), { minLength: count, maxLength: count })
        .map((values) => [writeOf(u, 15, "coils", address, values)]),
    ),
  fc
    .tuple(unit, range(123))
    .chain(([u, { address, count }]) =>
      fc
        .array(word, { minLength: count, maxLength: count })
        .map((values) => [writeOf(u, 16, "holding-registers", address, values)]),
    ),
  fc
    .tuple(unit, range(125), range(121))
    .chain(([u, read, write]) =>
      fc
        .array(word, { minLength: write.count, maxLength: write.count })
        .map((values) => [
          writeOf(u, 23, "holding-registers", write.address, values),
          readOf(u, 23, "holding-registers", read.address, read.count),
        ]),
    ),
);

/** As the bytes of a PDU: what has no short constructor is easier said that way. */
const otherPdus: fc.Arbitrary<number[]> = fc.oneof(
  fc.constantFrom<number[][]>(
    [7],
    [11],
    [12],
    [17],
    [0x2b, 14, 1, 0],
    [0x2b, 14, 4, 2],
    [0x2b, 13, 1, 2],
  ),
  word.map((pointer) => [24, pointer >> 8, pointer & 255]),
  fc.tuple(word, word, word).map((all) => [22, ...all.flatMap(bytesOf)]),
  fc
    .tuple(fc.constantFrom(0, 1, 4, 10, 11), word)
    .map(([sub, data]) => [8, 0, sub, ...bytesOf(data)]),
  words(20).map((data) => [8, 0, 0, ...data.flatMap(bytesOf)]),
  fc
    .integer({ min: 1, max: 5 })
    .map((count) => [20, 14, ...subRead(4, 1, count), ...subRead(3, 9, 2)]),
  words(5).map((data) => [
    21,
    7 + 2 * data.length,
    ...subRead(4, 7, data.length),
    ...data.flatMap(bytesOf),
  ]),
  fc
    .tuple(
      fc.constantFrom(9, 40, 41, 42, 65, 90, 100, 125, 126, 127),
      fc.uint8Array({ maxLength: 30 }),
    )
    .map(([code, payload]) => [code, ...payload]),
);

const others: fc.Arbitrary<Items> = fc.tuple(unit, otherPdus).map(([u, pdu]) => itemsOf(u, pdu));

/** Any request that the standard allows, and vendor codes. */
export const requestItems: fc.Arbitrary<Items> = fc.oneof(reads, writes, others);

export const requestFrame: fc.Arbitrary<Uint8Array> = fc
  .tuple(requestItems, word)
  .map(([items, transaction]) => encodeRequest(items, transaction));

/** One to five frames, now and then with bytes changed, cut off or added. */
export const clientBytes: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(requestFrame, { minLength: 1, maxLength: 5 }),
    fc.option(fc.record({ at: fc.nat(300), to: fc.nat(255) }), { freq: 4 }),
    fc.option(fc.nat(40), { freq: 8 }),
  )
  .map(([frames, change, cutOff]) => {
    const bytes = Uint8Array.from(frames.flatMap((frame) => [...frame]));
    if (change) bytes[change.at % bytes.length] = change.to;
    return cutOff === null ? bytes : bytes.subarray(0, Math.max(1, bytes.length - cutOff));
  });

/** How an honest asset answers a request frame; an eighth of the seeds give an exception. */
export function honestReply(sent: Uint8Array, seed: number): Uint8Array {
  const transaction = wordAt(sent, 0);
  const unitId = sent[6] ?? 0;
  const pdu = sent.subarray(HEADER_LENGTH);
  if (seed % 8 === 7) return exceptionFrame(transaction, unitId, pdu[0] ?? 0, 1 + (seed % 4));
  const answer = answerPdu(itemsOf(unitId, [...pdu]), pdu, seed);
  const frame = newFrame(transaction, unitId, answer.length);
  frame.set(answer, HEADER_LENGTH);
  return frame;
}

function answerPdu(items: Items, pdu: Uint8Array, seed: number): number[] {
  const [first] = items;
  const code = pdu[0] ?? 0;
  const fill = (count: number) => Array.from({ length: count }, (_, i) => (seed + i * 7) & 255);
  switch (first?.action) {
    case "modbus:read":
      return readAnswer(code, first.count, fill);
    case "modbus:write":
      return code === 23 ? writeReadAnswer(items, fill) : [...pdu.subarray(0, 5)];
    case "modbus:file-read":
      return fileAnswer(items, fill);
    case "modbus:fifo-read":
      return [code, 0, 6, 0, 2, ...fill(4)];
    case "modbus:identify":
      return identifyAnswer(code, first.readCode ?? 0, fill);
    case "modbus:other":
      return code === 43 ? [code, first.subFunction ?? 0, ...fill(3)] : [code, ...fill(seed % 20)];
    default:
      return [...pdu];
  }
}

function readAnswer(code: number, count: number, fill: (count: number) => number[]): number[] {
  const bytes = code < 3 ? (count + 7) >> 3 : 2 * count;
  return [code, bytes, ...fill(bytes)];
}

function writeReadAnswer(items: Items, fill: (count: number) => number[]): number[] {
  const read = items[1];
  return read?.action === "modbus:read" ? readAnswer(23, read.count, fill) : [];
}

function fileAnswer(items: Items, fill: (count: number) => number[]): number[] {
  const groups = items.flatMap((item) =>
    item.action === "modbus:file-read" ? [1 + 2 * item.count, 6, ...fill(2 * item.count)] : [],
  );
  return [20, groups.length, ...groups];
}

function identifyAnswer(code: number, readCode: number, fill: (count: number) => number[]) {
  if (code === 43) return [43, 14, readCode, 1, 0, 0, 2, 0, 2, 65, 66, 1, 0];
  if (code === 7) return [7, ...fill(1)];
  if (code === 11) return [11, ...fill(4)];
  return code === 12 ? [12, 8, ...fill(8)] : [17, 5, ...fill(5)];
}

export function itemsOf(unitId: number, pdu: readonly number[]): Items {
  const items = decodeRequest(unitId, Uint8Array.from(pdu), 0, pdu.length);
  if (items instanceof Malformed) throw new Error(`${items.reason}: ${pdu.join(" ")}`);
  return items;
}

export function firstOf(items: Items): ModbusOperation {
  const [first] = items;
  if (!first) throw new Error("no operation");
  return first;
}

function subRead(file: number, record: number, count: number): number[] {
  return [6, ...bytesOf(file), ...bytesOf(record), ...bytesOf(count)];
}

function bytesOf(value: number): number[] {
  const bytes = new Uint8Array(2);
  setWord(bytes, 0, value);
  return [...bytes];
}
