/**
 * A log's tree while it grows, in the little memory that takes: of every level of tiles only the
 * last one, which is not full yet. Tiles that became full are handed over to be kept elsewhere.
 */
import { copyBytes } from "../copy-bytes.ts";
import { HASH_LENGTH, nodeHash, rootOf, type Sha256 } from "./merkle.ts";
import { nodesFromTiles, TILE_WIDTH, type Tile } from "./tile.ts";

export interface FilledTile extends Tile {
  /** `width` hashes of 32 bytes, side by side. */
  readonly hashes: Uint8Array;
}

interface Edge {
  readonly hashes: Uint8Array;
  width: number;
  /** Of the tile among those of its level. */
  index: number;
}

export class GrowingTree {
  private readonly sha256: Sha256;
  private readonly edges: Edge[] = [];
  private full: FilledTile[] = [];
  private leaves = 0;

  constructor(sha256: Sha256) {
    this.sha256 = sha256;
  }

  /** Goes on from the last tile of each level. `readTile` answers `width` hashes, or more, or throws. */
  static resumed(size: number, readTile: (tile: Tile) => Uint8Array, sha256: Sha256): GrowingTree {
    const tree = new GrowingTree(sha256);
    tree.leaves = size;
    for (const tile of edgeTilesOf(size)) {
      const hashes = new Uint8Array(TILE_WIDTH * HASH_LENGTH);
      if (tile.width > 0) hashes.set(readTile(tile).subarray(0, tile.width * HASH_LENGTH));
      tree.edges.push({ hashes, width: tile.width, index: tile.index });
    }
    return tree;
  }

  get size(): number {
    return this.leaves;
  }

  push(leaf: Uint8Array): void {
    this.leaves += 1;
    this.put(0, leaf);
  }

  root(): Uint8Array {
    const readTile = ({ level }: Tile) => this.edges[level]?.hashes ?? new Uint8Array(0);
    return rootOf(this.leaves, nodesFromTiles(this.leaves, readTile, this.sha256), this.sha256);
  }

  /** Tiles that became full since the last call. */
  takeFull(): FilledTile[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** Copies of the tiles that are not full yet. */
  partial(): FilledTile[] {
    return this.edges.flatMap(({ hashes, width, index }, level) =>
      width === 0
        ? []
        : [{ level, index, width, hashes: copyBytes(hashes, 0, width * HASH_LENGTH) }],
    );
  }

  private put(level: number, hash: Uint8Array): void {
    const edge = this.edgeAt(level);
    edge.hashes.set(hash, edge.width * HASH_LENGTH);
    edge.width += 1;
    if (edge.width < TILE_WIDTH) return;
    const hashes = copyBytes(edge.hashes);
    this.full.push({ level, index: edge.index, width: TILE_WIDTH, hashes });
    edge.width = 0;
    edge.index += 1;
    this.put(level + 1, tileRoot(hashes, this.sha256));
  }

  private edgeAt(level: number): Edge {
    let edge = this.edges[level];
    if (!edge) {
      edge = { hashes: new Uint8Array(TILE_WIDTH * HASH_LENGTH), width: 0, index: 0 };
      this.edges.push(edge);
    }
    return edge;
  }
}

/** Hash of the node above a full tile. */
export function tileRoot(hashes: Uint8Array, sha256: Sha256): Uint8Array {
  let level = copyBytes(hashes);
  for (let count = TILE_WIDTH / 2; count >= 1; count /= 2) {
    const above = new Uint8Array(count * HASH_LENGTH);
    for (let at = 0; at < count; at += 1) {
      const from = at * 2 * HASH_LENGTH;
      const left = level.subarray(from, from + HASH_LENGTH);
      const right = level.subarray(from + HASH_LENGTH, from + 2 * HASH_LENGTH);
      above.set(nodeHash(left, right, sha256), at * HASH_LENGTH);
    }
    level = above;
  }
  return level;
}

/** The tile of each level that the next hash of that level goes to; its width may be 0. */
export function edgeTilesOf(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0, count = size; count > 0; level += 1) {
    tiles.push({ level, index: Math.floor(count / TILE_WIDTH), width: count % TILE_WIDTH });
    count = Math.floor(count / TILE_WIDTH);
  }
  return tiles;
}
