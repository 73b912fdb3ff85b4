/** A file has a digest exactly where it came from one end to the other. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { plainHash } from "../http/parts.ts";
import { EarlyRoom, Passage } from "./passage.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const file = fc.uint8Array({ minLength: 1, maxLength: 2_000 });
const CHUNK = 100;

function chunksOf(bytes: Uint8Array) {
  return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, n) => n * CHUNK);
}

test("a file in any order of its pieces has its own digest, and nothing is kept afterwards", () => {
  fc.assert(
    fc.property(file, fc.infiniteStream(fc.nat()), (bytes, order) => {
      const room = new EarlyRoom();
      const { left } = room;
      const passage = new Passage(plainHash(), room);
      const [first = 0, ...others] = chunksOf(bytes);
      passage.add(first, bytes.subarray(first, first + CHUNK));
      const shuffled = others
        .map((offset) => ({ offset, by: order.next().value ?? 0 }))
        .sort((a, b) => a.by - b.by);
      for (const { offset } of shuffled)
        passage.add(offset, bytes.subarray(offset, offset + CHUNK));
      passage.endsBy(bytes.length);
      expect(passage.told()).toEqual({
        extent: "whole",
        size: bytes.length,
        digest: sha256(bytes),
      });
      expect(room.left).toBe(left);
    }),
  );
});

test("what was not read to its end is told as a part, from where it began", () => {
  const bytes = new Uint8Array(300).fill(7);
  const part = new Passage(plainHash(), new EarlyRoom());
  part.add(0, bytes);
  part.endsBy(301);
  expect(part.told()).toEqual({ extent: "part", size: 300, digest: sha256(bytes) });
  const resumed = new Passage(plainHash(), new EarlyRoom());
  resumed.add(50, bytes);
  resumed.endsBy(350);
  const told = { extent: "part", size: 300, offset: 50, digest: sha256(bytes) };
  expect(resumed.told()).toEqual(told);
});

test.each<[string, (passage: Passage) => void]>([
  ["a hole", (passage) => passage.add(20, Uint8Array.of(1))],
  ["the same once more", (passage) => passage.add(0, Uint8Array.of(1))],
  ["something that failed", (passage) => passage.break()],
  ["another size than it has", (passage) => passage.cutAt(5)],
])("%s leaves pieces without a digest", (_, spoil) => {
  const passage = new Passage(plainHash(), new EarlyRoom());
  passage.add(0, new Uint8Array(10));
  spoil(passage);
  passage.endsBy(0);
  expect(passage.told()).toMatchObject({ extent: "pieces" });
  expect(passage.told()).not.toHaveProperty("digest");
});

test("what comes far too early is not kept without end", () => {
  const room = new EarlyRoom();
  const { left } = room;
  const passage = new Passage(plainHash(), room);
  const mebibyte = new Uint8Array(1_048_576);
  passage.add(0, Uint8Array.of(1));
  for (let n = 1; n <= 20; n++) passage.add(n * mebibyte.length, mebibyte);
  expect(room.left).toBe(left);
  expect(passage.told()).toEqual({ extent: "pieces", size: 1 + 20 * mebibyte.length });
});

test("a file that nothing was read of is told where it is empty, and not where it was only opened", () => {
  const empty = new Passage(plainHash(), new EarlyRoom());
  empty.endsBy(0);
  expect(empty.told()).toEqual({ extent: "whole", size: 0, digest: sha256(new Uint8Array()) });
  expect(new Passage(plainHash(), new EarlyRoom()).told()).toBeUndefined();
});
