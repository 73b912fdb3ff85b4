import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hexOf } from "./hex.ts";
import { sha256 } from "./sha256.ts";

const known = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("it is SHA-256 for every length around the blocks", () => {
  for (let length = 0; length < 200; length += 1) {
    const bytes = new Uint8Array(length).fill(length);
    expect(hexOf(sha256(bytes))).toBe(known(bytes));
  }
});

test("it is SHA-256 for any bytes, also those of a part of a buffer", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.nat(64), (bytes, from) => {
      const part = Buffer.from(bytes).subarray(Math.min(from, bytes.length));
      expect(hexOf(sha256(part))).toBe(known(part));
    }),
  );
});
