import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalHeader } from "../../test/kit/terminal-tape.ts";
import { ByteWriter } from "./byte-writer.ts";
import { TapeDecoder } from "./decoder.ts";
import { TapeEncoder } from "./encoder.ts";
import type { Judged, TapeBody, TapeRecord } from "./record.ts";

function encode(messages: readonly Uint8Array[]): Uint8Array {
  const out = new ByteWriter();
  const encoder = new TapeEncoder(out);
  encoder.begin(terminalHeader("s-1"));
  for (const [n, bytes] of messages.entries()) {
    encoder.append(n, n, n, { kind: "bytes", channel: 1, from: "asset", bytes });
  }
  return out.take();
}

test("bytes that are lent from a stream are the same, and the stream stays as it was", () => {
  // Short ones are written as differences to those before.
  const message = fc
    .tuple(fc.nat({ max: 600 }), fc.nat({ max: 255 }))
    .map(([length, byte]) => new Uint8Array(length).fill(byte));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.nat({ max: 2_000 }), (messages, first) => {
      const stream = encode(messages);
      const before = stream.slice();
      const decoder = new TapeDecoder(true);
      const read = [stream.subarray(0, first), stream.subarray(first)].flatMap(
        (piece) => decoder.push(piece).records,
      );
      expect(read.map((one) => one.kind === "bytes" && one.bytes)).toEqual(messages);
      expect(decoder.pending).toBe(0);
      expect(stream).toEqual(before);
    }),
  );
});

const operation = {
  action: "modbus:read",
  class: "observe",
  unit: 1,
  address: 7,
  count: 2,
} as const;
const answers = [
  { kind: "permit" },
  { kind: "deny", refusal: "address" },
  { kind: "hold" },
] as const;

/** Some with a key, which are kept and named by number then; the others are written out each time. */
const judged: fc.Arbitrary<Judged> = fc
  .tuple(fc.nat({ max: 3 }), fc.constantFrom(...answers), fc.constantFrom("a#1", "b#2"))
  .map(([key, answer, rule]) => ({
    operation: { ...operation, count: key, ...(key > 0 && { key }) },
    ...{ answer, rule, reason: "" },
  }));

const bodies: fc.Arbitrary<TapeBody> = fc.oneof(
  fc
    .tuple(fc.constantFrom("client" as const, "asset" as const), fc.nat(300), fc.nat(255))
    .map(([from, length, byte]): TapeBody => {
      return { kind: "bytes", channel: 1, from, bytes: new Uint8Array(length).fill(byte) };
    }),
  fc
    .tuple(fc.nat(9), fc.array(judged, { minLength: 1, maxLength: 2 }))
    .map(([decision, items]): TapeBody => ({ kind: "verdict", channel: 1, decision, items })),
  fc.constant<TapeBody>({ kind: "watch", subject: "p-2", joined: true }),
);

/** Of what is good for the moment alone. */
function copyOf(record: TapeRecord): TapeRecord {
  return record.kind === "bytes" ? { ...record, bytes: record.bytes.slice() } : { ...record };
}

test("who visits a segment sees each record as who reads it, but for the side that is passed over", () => {
  const sides = fc.constantFrom("client" as const, "asset" as const, undefined);
  fc.assert(
    fc.property(fc.array(bodies, { maxLength: 40 }), sides, (all, passed) => {
      const out = new ByteWriter();
      const encoder = new TapeEncoder(out);
      encoder.begin(terminalHeader("s-1"));
      for (const [n, body] of all.entries()) encoder.append(n, n, n * 0.7, body);
      const segment = out.take();
      const before = segment.slice();
      const seen: TapeRecord[] = [];
      new TapeDecoder().visit(segment, (record) => seen.push(copyOf(record)), passed);
      const { records } = new TapeDecoder().push(segment);
      const isPassed = (one: TapeRecord) => one.kind === "bytes" && one.from === passed;
      expect(seen).toEqual(records.filter((one) => !isPassed(one)));
      expect(records.map(({ kind }) => kind)).toEqual(all.map(({ kind }) => kind));
      expect(segment).toEqual(before);
    }),
  );
});
