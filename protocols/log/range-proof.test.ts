import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GrowingTree } from "./growing-tree.ts";
import { leafHash, type NodeHash } from "./merkle.ts";
import { formatRange, parseRange, proveRange, verifyRange } from "./range-proof.ts";
import { nodesFromTiles } from "./tile.ts";

const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(bytes).digest());

/** Below 256 leaves all nodes are in one tile. */
function treeOf(size: number): { root: Uint8Array; node: NodeHash; leaves: Uint8Array } {
  const tree = new GrowingTree(sha256);
  const hashes = Array.from({ length: size }, (_, at) => leafHash(Uint8Array.of(at), sha256));
  for (const hash of hashes) tree.push(hash);
  const leaves = new Uint8Array(Buffer.concat(hashes));
  return { root: tree.root(), node: nodesFromTiles(size, () => leaves, sha256), leaves };
}

const ranges = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat())
  .map(([size, a, b]) => {
    const first = a % size;
    return { size, first, end: first + 1 + (b % (size - first)) };
  });

test("every range of every tree is proved, and no other leaves, place or root", () => {
  fc.assert(
    fc.property(ranges, fc.nat(), ({ size, first, end }, where) => {
      const { root, node, leaves } = treeOf(size);
      const proof = proveRange(first, end, size, node, sha256);
      const own = leaves.slice(first * 32, end * 32);
      expect(verifyRange(proof, own, size, root, sha256)).toBe(true);
      expect(parseRange(formatRange(proof))).toEqual(proof);
      const other = own.slice();
      other[where % other.length] = (other[where % other.length] ?? 0) ^ 1;
      expect(verifyRange(proof, other, size, root, sha256)).toBe(false);
      expect(verifyRange(proof, own.slice(32), size, root, sha256)).toBe(false);
      expect(verifyRange(proof, own, size, sha256(root), sha256)).toBe(false);
      const extra = { ...proof, hashes: [...proof.hashes, root] };
      expect(verifyRange(extra, own, size, root, sha256)).toBe(false);
      const fewer = { ...proof, hashes: proof.hashes.slice(1) };
      if (proof.hashes.length > 0) expect(verifyRange(fewer, own, size, root, sha256)).toBe(false);
    }),
  );
});

test("what is not exactly a proof is not read as one", () => {
  for (const text of [
    "",
    "range 0 1",
    "range 1 1\n",
    "range 01 2\n",
    "range 0 1\nx\n",
    "old 0 1\n",
  ]) {
    expect(parseRange(text), JSON.stringify(text)).toBeUndefined();
  }
});
