/**
 * What is written is read back the same, however the stream is cut; what was changed on the way
 * is never more than a malformed stream.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { FRAME_LENGTH_MAX, OPERATIONS_MAX, TEXTS_MAX, WALL_TOLERANCE_MS } from "./codec.ts";
import { TapeDecoder } from "./decoder.ts";
import { TapeEncoder } from "./encoder.ts";
import { readSegment } from "./reader.ts";
import type { Header, TapeBody, TapeRecord } from "./record.ts";
import { TapeScan } from "./scan.ts";

const HEADER: Header = {
  version: 1,
  build: "test",
  session: "s-1",
  site: "north",
  subject: { id: "p-1", name: "Zoë Müller 🏭", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "treatment" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g-1", profile: "tuning", until: 1_800_000_000_000.5 },
  digests: { profile: "aa", plant: "bb" },
  tags: [
    {
      name: "P101.Speed",
      unitId: 1,
      table: "holding-registers",
      address: 11,
      type: "uint16",
      wordOrder: "big",
      scale: 0.1,
      offset: -40,
      unit: "Hz",
    },
    {
      name: "P101.Remote",
      unitId: 1,
      table: "coils",
      address: 4,
      type: "bool",
      wordOrder: "big",
      scale: 1,
      offset: 0,
      unit: "",
      states: [
        { value: 0, word: "local" },
        { value: 1, word: "remote" },
      ],
    },
  ],
  startedMs: 1_767_600_000_000,
};

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const count = fc.nat({ max: 70_000 });
const side = fc.constantFrom("client" as const, "asset" as const);
const operationClass = fc.constantFrom(
  "observe" as const,
  "operate" as const,
  "configure" as const,
  "program" as const,
  "transfer" as const,
);
const answer = fc.oneof(
  fc.constant({ kind: "permit" as const }),
  fc.constant({ kind: "hold" as const }),
  fc.record({
    kind: fc.constant("deny" as const),
    refusal: fc.constantFrom(
      "operation" as const,
      "address" as const,
      "value" as const,
      "busy" as const,
      "unit" as const,
      "unavailable" as const,
    ),
  }),
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(count, fc.double(), fc.integer(), fc.maxSafeInteger(), text, fc.boolean()),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(fieldName(), tie("any"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;
const operation = fc
  .record({
    action: fc.constantFrom("modbus:read", "modbus:write", "opcua:call"),
    class: operationClass,
    key: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
    more: fc.dictionary(fieldName(), value, { maxKeys: 4, noNullPrototype: true }),
  })
  .map(({ key, more, ...rest }) => ({ ...more, ...rest, ...(key === undefined ? {} : { key }) }));
const event = fc.oneof(
  fc.record({ kind: fc.constant("timeout" as const), request: count }),
  fc.record({ kind: fc.constant("half-closed" as const), from: side }),
  fc.record({ kind: fc.constant("withheld" as const), decision: count }),
  fc.record({ kind: fc.constant("withheld" as const), decision: count, send: count }),
  fc.constant({ kind: "end" as const }),
  fc.uniqueArray(operationClass).map((classes) => ({
    kind: "capabilities" as const,
    capabilities: new Set(classes),
  })),
);
const body: fc.Arbitrary<TapeBody> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("bytes" as const),
      channel: count,
      from: side,
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 12, maxLength: 12, max: 3 }),
        fc.uint8Array({ maxLength: 400 }),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("verdict" as const),
      channel: count,
      decision: count,
      items: fc.array(fc.record({ operation, answer, rule: text, reason: text }), { maxLength: 4 }),
    }),
  },
  fc.record({ kind: fc.constant("event" as const), channel: count, event, cause: text }),
  fc.record({
    kind: fc.constant("channel" as const),
    channel: count,
    protocol: text,
    by: fc.constantFrom("subject" as const, "broker" as const),
    peer: text,
  }),
  fc.record({
    kind: fc.constant("sent" as const),
    channel: count,
    to: side,
    count: fc.maxSafeNat(),
    sha256: text,
  }),
  fc.record({
    kind: fc.constant("capabilities" as const),
    classes: fc.uniqueArray(operationClass),
    cause: text,
  }),
  fc.record({
    kind: fc.constant("capabilities" as const),
    classes: fc.uniqueArray(operationClass),
    cause: text,
    basis: text,
  }),
  fc.record({ kind: fc.constant("watch" as const), subject: text, joined: fc.boolean() }),
  fc.record({
    kind: fc.constant("gap" as const),
    fromMs: fc.nat(),
    untilMs: fc.double({ noNaN: true }),
    cause: text,
  }),
  fc.record({ kind: fc.constant("end" as const), rule: text, reason: text }),
);
const step = fc.record({
  body,
  skip: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 1000 })),
  us: fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 5000 }) }, fc.nat({ max: 2 ** 40 })),
  wallStepMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ max: 5000 })),
});
const tape = fc.array(step, { maxLength: 12 }).map((steps) => {
  let sequence = 0;
  let us = 0;
  let wallMs = HEADER.startedMs;
  return steps.map((one): TapeRecord => {
    sequence += one.skip + 1;
    us += one.us;
    wallMs = Math.max(0, wallMs + Math.floor(one.us / 1000) + one.wallStepMs);
    return { sequence, wallMs, monotonicMs: us / 1000, ...one.body };
  });
});

function fieldName(): fc.Arbitrary<string> {
  const taken = ["__proto__", "action", "class", "key"];
  return fc
    .oneof(fc.constantFrom("unit", "address", "values"), text)
    .filter((name) => !taken.includes(name));
}

function encode(records: readonly TapeRecord[]): Uint8Array {
  const out = new ByteWriter();
  const encoder = new TapeEncoder(out);
  encoder.begin(HEADER);
  for (const one of records) encoder.append(one.sequence, one.wallMs, one.monotonicMs, one);
  return out.take();
}

function withoutWall(records: readonly TapeRecord[]): unknown[] {
  return records.map(({ wallMs: _, ...rest }) => rest);
}

test("any records are read back as they were written", () => {
  fc.assert(
    fc.property(tape, (records) => {
      const read = readSegment(encode(records));
      expect(read).toMatchObject({ kind: "segment", header: HEADER, whole: true });
      expect(withoutWall(read.records)).toEqual(withoutWall(records));
      for (const [i, one] of read.records.entries()) {
        const off = Math.abs(one.wallMs - (records[i]?.wallMs ?? 0));
        expect(off).toBeLessThanOrEqual(WALL_TOLERANCE_MS + 1);
      }
    }),
    { numRuns: 300 },
  );
});

test("any cut of the stream gives the same records", () => {
  fc.assert(
    fc.property(tape, fc.array(fc.nat({ max: 300 })), (records, pieces) => {
      const stream = encode(records);
      const decoder = new TapeDecoder();
      const read: TapeRecord[] = [];
      let at = 0;
      for (const length of [...pieces, stream.length]) {
        const decoded = decoder.push(stream.subarray(at, at + length));
        expect(decoded.kind).toBe("records");
        read.push(...decoded.records);
        at += length;
      }
      expect(withoutWall(read)).toEqual(withoutWall(records));
      expect(decoder.pending).toBe(0);
    }),
  );
});

test("byte after byte gives the same records as all at once", () => {
  fc.assert(
    fc.property(tape, (records) => {
      const stream = encode(records);
      const decoder = new TapeDecoder();
      const read = [...stream].flatMap((_, i) => decoder.push(stream.subarray(i, i + 1)).records);
      expect(withoutWall(read)).toEqual(withoutWall(records));
    }),
    { numRuns: 30 },
  );
});

test("a cut stream is incomplete, not malformed", () => {
  fc.assert(
    fc.property(tape, fc.double({ min: 0, max: 1, noNaN: true }), (records, part) => {
      const stream = encode(records);
      const decoder = new TapeDecoder();
      expect(decoder.push(stream.subarray(0, Math.floor(stream.length * part))).kind).toBe(
        "records",
      );
    }),
  );
});

test("segments that follow one another are read as one tape", () => {
  fc.assert(
    fc.property(tape, tape, (first, second) => {
      const read = readSegment(Buffer.concat([encode(first), encode(second)]));
      expect(read.kind).toBe("segment");
      expect(withoutWall(read.records)).toEqual(withoutWall([...first, ...second]));
    }),
    { numRuns: 50 },
  );
});

test("mutated streams never throw, and stay malformed once they are", () => {
  const mutation = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
  fc.assert(
    fc.property(tape, fc.array(mutation, { minLength: 1, maxLength: 4 }), (records, mutations) => {
      const stream = encode(records);
      for (const { at, byte } of mutations) stream[at % stream.length] = byte;
      const decoder = new TapeDecoder();
      const first = decoder.push(stream);
      if (first.kind === "malformed") {
        expect(decoder.push(stream)).toEqual({ ...first, records: [] });
      }
      new TapeScan(() => undefined).push(stream);
    }),
    { numRuns: 1000 },
  );
});

test("random bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      new TapeDecoder().push(noise);
      new TapeDecoder().push(Buffer.concat([encode([]), noise]));
      new TapeScan(() => undefined).push(noise);
    }),
    { numRuns: 1000 },
  );
});

test("the scan counts and marks what the decoder reads", () => {
  fc.assert(
    fc.property(tape, (records) => {
      const marks: string[] = [];
      const scan = new TapeScan((mark) => marks.push(`${mark.kind}@${mark.sequence}`));
      const stream = encode(records);
      expect(scan.push(stream)).toBe(stream.length);
      const items = records.flatMap((one) => (one.kind === "verdict" ? one.items : []));
      const permitted = items.filter((item) => item.answer.kind === "permit");
      expect(scan).toMatchObject({
        observed: permitted.filter((item) => item.operation.class === "observe").length,
        changed: permitted.filter((item) => item.operation.class !== "observe").length,
        refused: items.filter((item) => item.answer.kind === "deny").length,
        held: items.filter((item) => item.answer.kind === "hold").length,
        gaps: records.filter((one) => one.kind === "gap").length,
        ended: records.at(-1)?.kind === "end",
      });
      for (const kind of ["gap", "end", "capabilities"] as const) {
        const expected = records.filter((one) => one.kind === kind).map((one) => one.sequence);
        const marked = marks.filter((mark) => mark.startsWith(`${kind}@`));
        expect(marked).toEqual(expected.map((sequence) => `${kind}@${sequence}`));
      }
    }),
  );
});

test("bytes of a socket, reused after the call, are recorded as they were", () => {
  const shared = Buffer.alloc(12);
  const out = new ByteWriter();
  const encoder = new TapeEncoder(out);
  encoder.begin(HEADER);
  for (let i = 0; i < 5; i++) {
    shared.fill(i).writeUInt16BE(i * 1000, 2);
    encoder.append(i, 0, i, { kind: "bytes", channel: 1, from: "client", bytes: shared });
    shared.fill(0xee);
  }
  const stream = Buffer.from(out.take());
  const decoder = new TapeDecoder();
  const { records } = decoder.push(stream);
  stream.fill(0xee);
  const expected = Array.from({ length: 5 }, (_, i) => {
    const bytes = Buffer.alloc(12, i);
    bytes.writeUInt16BE(i * 1000, 2);
    return new Uint8Array(bytes);
  });
  expect(records.map((record) => record.kind === "bytes" && record.bytes)).toEqual(expected);
});

test("a key shared by different operations does not make them one", () => {
  const items = [1, 2, 1].map((address) => ({
    operation: { action: "modbus:read", class: "observe" as const, key: 7, address },
    answer: { kind: "permit" as const },
    rule: "r",
    reason: "",
  }));
  const record = { kind: "verdict" as const, channel: 1, decision: 1, items };
  const read = readSegment(encode([{ sequence: 0, wallMs: 0, monotonicMs: 0, ...record }]));
  expect(read.records[0]).toMatchObject({ items });
});

test("more operations and texts than a segment keeps are still recorded", () => {
  const records = Array.from({ length: OPERATIONS_MAX + TEXTS_MAX + 10 }, (_, i): TapeRecord => {
    const operation = { action: "modbus:read", class: "observe" as const, key: i, address: i };
    const item = { operation, answer: { kind: "permit" as const }, rule: `rule ${i}`, reason: "" };
    const moment = { sequence: i, wallMs: HEADER.startedMs, monotonicMs: 0 };
    return { ...moment, kind: "verdict", channel: 1, decision: i, items: [item] };
  });
  expect(readSegment(encode(records)).records).toEqual(records);
});

test("a record too long to encode leaves no trace, and the tape goes on", () => {
  const out = new ByteWriter();
  const encoder = new TapeEncoder(out);
  encoder.begin(HEADER);
  const huge = "x".repeat(FRAME_LENGTH_MAX + 1);
  expect(() => encoder.append(0, 0, 0, { kind: "end", rule: "new", reason: huge })).toThrow(
    RangeError,
  );
  encoder.append(0, 0, 0, { kind: "end", rule: "new", reason: "" });
  expect(readSegment(out.take())).toMatchObject({
    kind: "segment",
    records: [{ sequence: 0, kind: "end", rule: "new" }],
  });
});

test("a frame that claims more than the limit is malformed before it has arrived", () => {
  const decoder = new TapeDecoder();
  decoder.push(encode([]));
  expect(decoder.push(Uint8Array.of(0xff, 0xff, 0xff, 0x7f)).kind).toBe("malformed");
});

test("a tape of a later version says so", () => {
  const stream = encode([]);
  stream[4] = 9;
  expect(readSegment(stream)).toMatchObject({
    kind: "malformed",
    reason: "tape of version 9 cannot be read here",
  });
});
