import fc from "fast-check";
import { expect, test } from "vitest";
import { ModbusReplies } from "./modbus-replies.ts";

const reply = fc
  .tuple(fc.integer({ min: 0, max: 65_535 }), fc.uint8Array({ minLength: 2, maxLength: 254 }))
  .map(([id, body]) => Uint8Array.of(id >> 8, id & 255, 0, 0, 0, body.length, ...body));

function cutAll(pieces: readonly Uint8Array[]): {
  replies: Uint8Array[];
  flaw: string | undefined;
} {
  const replies: Uint8Array[] = [];
  const cutter = new ModbusReplies();
  for (const piece of pieces) {
    const flaw = cutter.push(piece, {
      take(buffer, start, length) {
        replies.push(Uint8Array.from(buffer.subarray(start, start + length)));
        return true;
      },
    });
    if (flaw) return { replies, flaw };
  }
  return { replies, flaw: undefined };
}

test("however TCP cuts the stream, the same replies come out", () => {
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 20 }), fc.infiniteStream(fc.nat(300)), (all, cuts) => {
      const stream = Buffer.concat(all);
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < stream.length; ) {
        const length = 1 + (cuts.next().value ?? 0);
        pieces.push(stream.subarray(at, at + length));
        at += length;
      }
      expect(cutAll(pieces)).toEqual({ replies: all, flaw: undefined });
    }),
  );
});

test("what is not Modbus is told from what is not yet whole", () => {
  expect(cutAll([Buffer.from("HTTP/1.1 200 OK\r\n")]).flaw).toMatch(/not Modbus/);
  expect(cutAll([Uint8Array.of(0, 1, 0, 0, 0, 3, 1)])).toEqual({ replies: [], flaw: undefined });
  expect(cutAll([Uint8Array.of(0, 1, 0, 0, 1, 200, 1, 3)]).flaw).toMatch(/length/);
});
