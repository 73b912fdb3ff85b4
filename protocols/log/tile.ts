/**
 * C2SP tlog-tiles: the log as plain files. A tile holds 256 hashes side by side at one of every
 * eight levels of the tree; an entry bundle holds the 256 entries below a tile of level 0.
 *
 * Example: tile of level 0, index 1234067 is `tile/0/x001/x234/067`; one with 17 hashes so far is
 * `tile/0/x001/x234/067.p/17`.
 */
import { copyBytes } from "../copy-bytes.ts";
import { HASH_LENGTH, type NodeHash, nodeHash, type Sha256 } from "./merkle.ts";

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
/** An entry's length stands before it in 16 bits. */
export const ENTRY_LENGTH_MAX = 65_535;

export interface Tile {
  /** 0 for hashes of entries, 1 for hashes of 256 of those, … */
  readonly level: number;
  readonly index: number;
  /** Hashes in it, 1–256. */
  readonly width: number;
}

export function tilePath({ level, index, width }: Tile): string {
  return `tile/${level}/${indexPath(index)}${partial(width)}`;
}

export function entriesPath({ index, width }: Omit<Tile, "level">): string {
  return `tile/entries/${indexPath(index)}${partial(width)}`;
}

function partial(width: number): string {
  return width === TILE_WIDTH ? "" : `.p/${width}`;
}

/** Groups of three digits, all but the last one marked with `x`. */
function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
}

/** Every tile of a tree of this size, whole and partial, level 0 first. */
export function tilesOf(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0, count = size; count > 0; level += 1) {
    for (let index = 0; index * TILE_WIDTH < count; index += 1) {
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, count - index * TILE_WIDTH) });
    }
    count = Math.floor(count / TILE_WIDTH);
  }
  return tiles;
}

/** The tile that holds a node's hash, or the hashes it is computed from, in a tree of this size. */
export function tileOfNode(
  level: number,
  index: number,
  size: number,
): Tile & { readonly first: number; readonly count: number } {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  const at = Math.floor(first / TILE_WIDTH);
  const held = Math.floor(size / TILE_WIDTH ** tileLevel);
  return {
    level: tileLevel,
    index: at,
    width: Math.min(TILE_WIDTH, held - at * TILE_WIDTH),
    first: first % TILE_WIDTH,
    count,
  };
}

/** Reads nodes out of tiles; `readTile` answers `width` hashes of 32 bytes or throws. */
export function nodesFromTiles(
  size: number,
  readTile: (tile: Tile) => Uint8Array,
  sha256: Sha256,
): NodeHash {
  return (level, index) => {
    const tile = tileOfNode(level, index, size);
    const bytes = readTile(tile);
    let hashes: Uint8Array[] = Array.from({ length: tile.count }, (_, at) => {
      const from = (tile.first + at) * HASH_LENGTH;
      return copyBytes(bytes, from, Math.min(from + HASH_LENGTH, bytes.length));
    });
    while (hashes.length > 1) hashes = paired(hashes, sha256);
    const [hash] = hashes;
    if (hash?.length !== HASH_LENGTH) throw new Error(`${tilePath(tile)} is too short`);
    return hash;
  };
}

function paired(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let at = 0; at + 1 < hashes.length; at += 2) {
    const [left, right] = [hashes[at], hashes[at + 1]];
    if (left && right) above.push(nodeHash(left, right, sha256));
  }
  return above;
}

/** Entries side by side, each after its length in 16 bits. */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > ENTRY_LENGTH_MAX)
      throw new RangeError("a log entry is longer than 65535 bytes");
    bytes[at] = entry.length >> 8;
    bytes[at + 1] = entry.length & 0xff;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** Undefined if the bundle is cut short or holds more entries than allowed, by default a tile's. */
export function decodeEntries(bytes: Uint8Array, countMax = TILE_WIDTH): Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (end > bytes.length || entries.length === countMax) return undefined;
    entries.push(copyBytes(bytes, at + 2, end));
    at = end;
  }
  return entries;
}
