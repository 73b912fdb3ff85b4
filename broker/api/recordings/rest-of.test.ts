import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ApiRefused } from "../problem.ts";
import { restOf } from "./rest-of.ts";

const sha256 = (bytes: Uint8Array, form: "hex" | "base64") =>
  createHash("sha256").update(bytes).digest(form);

function cut(bytes: Uint8Array, length: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) {
    pieces.push(Buffer.from(bytes.subarray(at, at + length)));
  }
  return pieces;
}

test("wherever it broke off, beginning and rest are the whole, and its digest is told", async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const length = fc.integer({ min: 1, max: 50 });
  await fc.assert(
    fc.asyncProperty(bytes, length, fc.nat(), async (all, piece, any) => {
      const from = any % (all.length + 1);
      const asked = from > 0 ? { from, digest: sha256(all.subarray(0, from), "hex") } : {};
      const { content, digest } = await restOf(Readable.from(cut(all, piece)), asked);
      expect(Buffer.concat([all.subarray(0, from), await buffer(content)])).toEqual(
        Buffer.from(all),
      );
      expect(digest()).toBe(sha256(all, "base64"));
    }),
  );
});

test.each([
  ["begins otherwise", { from: 3, digest: sha256(Buffer.from("xyz"), "hex") }, 409],
  ["is shorter", { from: 7, digest: sha256(Buffer.from("abcdef"), "hex") }, 409],
  ["is asked for without a digest", { from: 3 }, 400],
  ["is asked for with a digest alone", { digest: "0".repeat(64) }, 400],
])("of a file that %s nothing is given, and nobody goes on making it", async (_, asked, status) => {
  const whole = Readable.from(["abc", "def"]);
  const refused = await restOf(whole, asked).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiRefused);
  expect(refused).toMatchObject({ status });
  expect(whole.destroyed).toBe(true);
});

test("what fails on its way fails the rest, and whoever stops reading ends it", async () => {
  async function* failing() {
    yield "abc";
    await Promise.resolve();
    throw new Error("the disk");
  }
  const { content } = await restOf(Readable.from(failing()), {});
  await expect(buffer(content)).rejects.toThrow("the disk");
  const whole = Readable.from(cut(Buffer.alloc(1_000_000), 1_000));
  const unread = await restOf(whole, {});
  unread.content.destroy();
  await expect.poll(() => whole.destroyed).toBe(true);
});
