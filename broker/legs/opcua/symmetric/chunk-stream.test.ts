import fc from "fast-check";
import { expect, test } from "vitest";
import { ChunkStream } from "./chunk-stream.ts";

const CHUNK_MAX = 8_192;

function chunk(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(length, type);
  bytes.write(`${type}F`, 0, "latin1");
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

function heard(pieces: readonly Buffer[]) {
  const stream = new ChunkStream(CHUNK_MAX);
  const chunks: { type: string; bytes: Buffer }[] = [];
  const faults = pieces.map((piece) =>
    stream.push(piece, (type, bytes) => chunks.push({ type, bytes: Buffer.from(bytes) })),
  );
  return { stream, chunks, fault: faults.find((each) => each !== undefined) };
}

/** The same bytes cut anywhere. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  at.sort((one, other) => one - other);
  return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index] ?? 0, end)));
}

test("however the bytes are cut, the same chunks come out", () => {
  const type = fc.constantFrom("MSG", "OPN", "CLO", "ERR");
  const length = fc.oneof(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 8, max: CHUNK_MAX }));
  const sent = fc.array(fc.record({ type, length }), { maxLength: 6 });
  fc.assert(
    fc.property(sent, fc.array(fc.nat(), { maxLength: 30 }), (each, places) => {
      const chunks = each.map((one) => ({ type: one.type, bytes: chunk(one.type, one.length) }));
      const bytes = Buffer.concat(chunks.map((one) => one.bytes));
      expect(heard(cut(bytes, places)).chunks).toEqual(chunks);
    }),
    { numRuns: 300, seed: 5 },
  );
  const bytes = Buffer.concat([chunk("MSG", 100), chunk("OPN", 8)]);
  const single = heard(cut(bytes, [...bytes.keys()]));
  expect(single.chunks.map((one) => one.type)).toEqual(["MSG", "OPN"]);
});

test("a length or type that can be none ends it before a byte is kept for it", () => {
  const lie = (length: number, type = "MSG") => {
    const bytes = chunk(type, 32);
    bytes.writeUInt32LE(length, 4);
    return bytes;
  };
  for (const length of [0, 7, CHUNK_MAX + 1, 0xffff_ffff]) {
    const { stream, chunks, fault } = heard([chunk("MSG", 20), lie(length), chunk("MSG", 20)]);
    expect(fault?.cause).toBe("size");
    expect(chunks.length).toBe(1);
    expect(stream.push(chunk("MSG", 20), () => expect.unreachable())?.cause).toBe("size");
  }
  const other = heard(cut(lie(32, "XYZ"), [1, 2, 3, 9]));
  expect(other.fault?.cause).toBe("type");
  expect(other.chunks).toEqual([]);
});

test("once it is stopped the rest waits, and can be taken away", () => {
  const stream = new ChunkStream(CHUNK_MAX);
  const [first, second, third] = [chunk("OPN", 50), chunk("MSG", 60), chunk("MSG", 70)];
  const all = Buffer.concat([first, second, third.subarray(0, 5)]);
  const types: string[] = [];
  const note = (type: string) => {
    types.push(type);
    if (type === "OPN") stream.stop();
  };
  stream.push(all, note);
  expect(types).toEqual(["OPN"]);
  stream.push(Buffer.alloc(0), note);
  expect(types).toEqual(["OPN", "MSG"]);
  expect(stream.takeRest()).toEqual(third.subarray(0, 5));
  expect(stream.takeRest().length).toBe(0);
  stream.push(all, note);
  const rest = stream.takeRest();
  expect(rest).toEqual(all.subarray(50));
  stream.push(rest, note);
  stream.push(third.subarray(5), note);
  expect(types).toEqual(["OPN", "MSG", "OPN", "MSG", "MSG"]);
});
