import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  consistencyProof,
  edgeOf,
  inclusionProof,
  leafHash,
  type NodeHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";
import { nodesFromTiles, TILE_WIDTH, tileOfNode, tilePath, tilesOf } from "./tile.ts";

const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(bytes).digest());
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The eight entries that certificate transparency's implementations test their trees with. */
const ENTRIES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((text) => new Uint8Array(Buffer.from(text, "hex")));
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

function treeOf(entries: readonly Uint8Array[]): NodeHash {
  const levels: Uint8Array[][] = [entries.map((entry) => leafHash(entry, sha256))];
  for (let below = levels[0] ?? []; below.length > 1; ) {
    const above: Uint8Array[] = [];
    for (let at = 0; at + 1 < below.length; at += 2) {
      above.push(nodeHash(below[at] as Uint8Array, below[at + 1] as Uint8Array, sha256));
    }
    levels.push(above);
    below = above;
  }
  return (level, index) => {
    const hash = levels[level]?.[index];
    if (!hash) throw new Error(`no node ${level}/${index}`);
    return hash;
  };
}

const numbered = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => new Uint8Array(Buffer.from(`entry ${at}`)));

test("roots are those that certificate transparency's implementations agree on", () => {
  const node = treeOf(ENTRIES);
  const roots = ROOTS.map((_, at) => hex(rootOf(at + 1, node, sha256)));
  expect(roots).toEqual(ROOTS);
  expect(hex(rootOf(0, node, sha256))).toBe(hex(sha256(new Uint8Array(0))));
});

test("every entry's proof verifies, at every size, and no other entry's does", () => {
  const entries = numbered(40);
  const node = treeOf(entries);
  for (let size = 1; size <= entries.length; size += 1) {
    const root = rootOf(size, node, sha256);
    for (let index = 0; index < size; index += 1) {
      const proof = inclusionProof(index, size, node, sha256);
      const leaf = node(0, index);
      expect(verifyInclusion(leaf, index, size, proof, root, sha256)).toBe(true);
      expect(verifyInclusion(leaf, (index + 1) % size, size, proof, root, sha256)).toBe(size === 1);
    }
  }
});

test("every earlier tree is proved to be a beginning of every later one, and nothing else is", () => {
  const node = treeOf(numbered(40));
  const other = treeOf(numbered(41).slice(1));
  for (let second = 1; second <= 40; second += 1) {
    const root = rootOf(second, node, sha256);
    for (let first = 1; first <= second; first += 1) {
      const proof = consistencyProof(first, second, node, sha256);
      const earlier = rootOf(first, node, sha256);
      const forged = rootOf(first, other, sha256);
      expect(verifyConsistency(first, second, proof, earlier, root, sha256)).toBe(true);
      expect(verifyConsistency(first, second, proof, forged, root, sha256)).toBe(false);
    }
  }
});

test("a proof with any bit changed, a hash more or a hash less is refused", () => {
  const size = 1000;
  const node = treeOf(numbered(size));
  const root = rootOf(size, node, sha256);
  fc.assert(
    fc.property(
      fc.nat(size - 1),
      fc.nat(),
      fc.constantFrom("flip", "drop", "add"),
      (index, at, how) => {
        const proof = inclusionProof(index, size, node, sha256).map((hash) => hash.slice());
        const place = at % proof.length;
        if (how === "flip") {
          const hash = proof[place] as Uint8Array;
          hash[at % 32] = (hash[at % 32] ?? 0) ^ (1 << (at % 8));
        } else if (how === "drop") proof.splice(place, 1);
        else proof.splice(place, 0, new Uint8Array(32));
        expect(verifyInclusion(node(0, index), index, size, proof, root, sha256)).toBe(false);
      },
    ),
  );
});

test("the edge's nodes cover the tree exactly once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (size) => {
      const covered = edgeOf(size).reduce((sum, { level }) => sum + 2 ** level, 0);
      expect(covered).toBe(size);
    }),
  );
});

test("tiles hold every node of a tree of several levels of tiles", () => {
  const size = TILE_WIDTH * 3 + 17;
  const node = treeOf(numbered(size));
  const files = new Map(
    tilesOf(size).map((tile) => {
      const hashes = Array.from({ length: tile.width }, (_, at) =>
        node(tile.level * 8, tile.index * TILE_WIDTH + at),
      );
      return [tilePath(tile), new Uint8Array(Buffer.concat(hashes))];
    }),
  );
  expect([...files.keys()]).toEqual([
    "tile/0/000",
    "tile/0/001",
    "tile/0/002",
    "tile/0/003.p/17",
    "tile/1/000.p/3",
  ]);
  const read = nodesFromTiles(
    size,
    (tile) => {
      const bytes = files.get(tilePath(tile));
      if (!bytes) throw new Error(`no ${tilePath(tile)}`);
      return bytes;
    },
    sha256,
  );
  expect(hex(rootOf(size, read, sha256))).toBe(hex(rootOf(size, node, sha256)));
  const proof = inclusionProof(700, size, read, sha256);
  expect(verifyInclusion(node(0, 700), 700, size, proof, rootOf(size, node, sha256), sha256)).toBe(
    true,
  );
});

test("tile paths group digits by three", () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
  expect(tilePath({ level: 2, index: 5, width: 3 })).toBe("tile/2/005.p/3");
  expect(tileOfNode(9, 1, 2 ** 20)).toMatchObject({ level: 1, index: 0, first: 2, count: 2 });
});
