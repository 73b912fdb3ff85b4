import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { packSegment, unpackSegment } from "./columns.ts";
import { TapeEncoder } from "./encoder.ts";
import type { Header, TapeBody } from "./record.ts";

const HEADER: Header = {
  version: 1,
  build: "test",
  session: "s-1",
  site: "north",
  subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "treatment" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g-1", profile: "tuning", until: 0 },
  digests: { profile: "", plant: "" },
  tags: [],
  startedMs: 1_767_600_000_000,
};

const LONG = 10_000_000;

function pack(plain: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat(packSegment(plain)));
}

const bodies: fc.Arbitrary<TapeBody> = fc.oneof(
  fc
    .tuple(fc.constantFrom("client" as const, "asset" as const), fc.uint8Array({ maxLength: 300 }))
    .map(([from, bytes]): TapeBody => ({ kind: "bytes", channel: 1, from, bytes })),
  fc.constant<TapeBody>({ kind: "watch", subject: "p-2", joined: true }),
  fc.constant<TapeBody>({ kind: "gap", fromMs: 1, untilMs: 2, cause: "full" }),
);

/** Times leap by up to days, also back. */
const steps = fc.array(
  fc.record({
    body: bodies,
    byMs: fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.nat(1e8)),
  }),
  { maxLength: 60 },
);

function tapeOf(records: readonly { body: TapeBody; byMs: number }[]): Uint8Array {
  const out = new ByteWriter();
  const encoder = new TapeEncoder(out);
  encoder.begin(HEADER);
  let nowMs = 0;
  records.forEach(({ body, byMs }, sequence) => {
    nowMs += byMs;
    encoder.append(sequence, HEADER.startedMs + Math.floor(nowMs), nowMs, body);
  });
  return out.take();
}

test("a segment comes back as it was, whatever is in it", () => {
  fc.assert(
    fc.property(steps, (records) => {
      const plain = tapeOf(records);
      const packed = pack(plain);
      expect(packed).not.toEqual(plain);
      expect(unpackSegment(packed, LONG)).toEqual(plain);
    }),
  );
});

test("what is no whole segment passes unchanged", () => {
  const plain = tapeOf([{ body: { kind: "watch", subject: "p", joined: true }, byMs: 1 }]);
  for (let length = 0; length < plain.length; length++) {
    const part = plain.slice(0, length);
    expect(unpackSegment(pack(part), LONG)).toEqual(part);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect(unpackSegment(pack(noise), LONG)).toEqual(noise);
    }),
  );
});

test("a segment is packed the same wherever it lies in memory", () => {
  const plain = tapeOf(
    Array.from({ length: 9 }, (_, n) => ({
      body: { kind: "watch", subject: "p-2", joined: n % 2 === 0 } as const,
      byMs: 40,
    })),
  );
  for (const at of [0, 1, 2, 3, 4, 5]) {
    const moved = new Uint8Array(plain.length + at).subarray(at);
    moved.set(plain);
    expect(pack(moved)).toEqual(pack(plain));
    expect(unpackSegment(pack(moved), LONG)).toEqual(plain);
  }
});

test("who compares long runs by other means is asked, and what he finds different is left as it is", () => {
  const bytes = new Uint8Array(1_000).fill(7);
  const plain = tapeOf([{ body: { kind: "bytes", channel: 1, from: "client", bytes }, byMs: 1 }]);
  const natively = packSegment(plain, (run, start, end, other, at) => {
    const there = other.subarray(at, at + end - start);
    return Buffer.compare(run.subarray(start, end), there) === 0;
  });
  expect(new Uint8Array(Buffer.concat(natively))).toEqual(pack(plain));
  expect(packSegment(plain, () => false)).toEqual([plain]);
});

test("damage ends in nothing or in other bytes, never in an error or without bound", () => {
  const packed = pack(tapeOf(fc.sample(steps, { numRuns: 1, seed: 7 })[0] ?? []));
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const broken = packed.slice();
      broken[at] = (broken[at] ?? 0) ^ by;
      const plain = unpackSegment(broken, 20_000);
      expect(plain?.length ?? 0).toBeLessThanOrEqual(Math.max(20_000, packed.length));
    }),
    // The first one makes a record of the body longer than all memory.
    { numRuns: 500, examples: [[44, 8]] },
  );
});
