import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalHeader } from "../../test/kit/terminal-tape.ts";
import { ByteWriter } from "./byte-writer.ts";
import { TapeDecoder } from "./decoder.ts";
import { TapeEncoder } from "./encoder.ts";

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
