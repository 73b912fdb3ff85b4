import { constants, createDeflate, deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { Inflate } from "../../../protocols/rfb/inflate.ts";
import { inflatePiece } from "./inflate-piece.ts";

/** Pieces of one stream, each flushed; they speak of each other. */
async function pieces(
  flush: number,
): Promise<{ readonly plain: Buffer; readonly deflated: Buffer }[]> {
  const deflate = createDeflate();
  const made = [];
  for (const [n, length] of [40, 70_000, 3, 33_000, 500].entries()) {
    const plain = Buffer.from(
      Uint8Array.from({ length }, (_, at) => (at * (n + 3) + (at >> 5)) % 97),
    );
    const parts: Buffer[] = [];
    const take = (part: Buffer) => parts.push(part);
    deflate.on("data", take);
    deflate.write(plain);
    await new Promise<void>((resolve) => deflate.flush(flush, () => resolve()));
    deflate.off("data", take);
    made.push({ plain, deflated: Buffer.concat(parts) });
  }
  deflate.destroy();
  return made;
}

test("a library's inflate and the pure one go on from each other, and come to the same", async () => {
  for (const flush of [constants.Z_SYNC_FLUSH, constants.Z_FULL_FLUSH]) {
    for (const turns of [0b11111, 0b10101, 0b01010, 0]) {
      const [mixed, pure] = [new Inflate(), new Inflate()];
      for (const [n, { plain, deflated }] of (await pieces(flush)).entries()) {
        const quick = turns & (1 << n) ? inflatePiece : undefined;
        const found = mixed.push(deflated, plain.length, quick);
        expect(Buffer.from(found ?? [])).toEqual(plain);
        pure.push(deflated, plain.length);
        expect({ ...mixed.state, window: Buffer.from(mixed.state.window) }).toEqual({
          ...pure.state,
          window: Buffer.from(pure.state.window),
        });
      }
    }
  }
});

test("a bomb is no longer than what was asked for, and what is no deflate is none", () => {
  const bomb = deflateSync(Buffer.alloc(10_000_000), { finishFlush: constants.Z_SYNC_FLUSH });
  expect(new Inflate().push(bomb, 100_000, inflatePiece)).toBeUndefined();
  expect(inflatePiece(Buffer.from("no deflate at all"), new Uint8Array(0), 100)).toBeUndefined();
});
