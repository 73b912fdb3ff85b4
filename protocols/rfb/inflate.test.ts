import { constants, createDeflate, type Deflate } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Inflate } from "./inflate.ts";

function flushed(deflate: Deflate, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const take = (part: Buffer) => parts.push(part);
    deflate.on("data", take);
    deflate.write(bytes);
    deflate.flush(constants.Z_SYNC_FLUSH, () => {
      deflate.off("data", take);
      resolve(Buffer.concat(parts));
    });
  });
}

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.nat(255), fc.integer({ min: 1, max: 90_000 }))
    .map(([value, length]) => new Uint8Array(length).fill(value)),
  fc
    .integer({ min: 1, max: 60_000 })
    .map((length) => new Uint8Array(length).map((_, at) => (at * at) % 251)),
);

test("every piece comes out as it went in, also from a state kept between two of them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(0, 1, 6, 9),
      async (pieces, level) => {
        const deflate = createDeflate({ level });
        let inflate = new Inflate();
        for (const bytes of pieces) {
          if (bytes.length === 0) continue;
          const found = inflate.push(await flushed(deflate, bytes), bytes.length);
          expect(found !== undefined && Buffer.from(found).equals(Buffer.from(bytes))).toBe(true);
          inflate = Inflate.from(inflate.state);
        }
        deflate.destroy();
      },
    ),
    { numRuns: 60 },
  );
});

test("a bomb is not inflated beyond what a picture needs", async () => {
  const bomb = await flushed(createDeflate(), new Uint8Array(10_000_000));
  expect(new Inflate().push(bomb, 100_000)).toBeUndefined();
});

test("any bytes at all neither throw nor grow", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const found = new Inflate().push(Uint8Array.of(0x78, 0x9c, ...bytes), 5_000);
      expect(found === undefined || found.length <= 5_000).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});
