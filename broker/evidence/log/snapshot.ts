/** What a checkpoint is about to cover, taken between two commits and written behind them. */
import type { FilledTile, GrowingTree } from "../../../protocols/log/growing-tree.ts";
import { encodeEntries, entriesPath, TILE_WIDTH, tilePath } from "../../../protocols/log/tile.ts";
import type { LogFile } from "./tile-files.ts";

export interface Snapshot {
  readonly size: number;
  readonly root: Uint8Array;
  readonly files: readonly LogFile[];
  /** Paths among them that a later checkpoint replaces. */
  readonly partial: readonly string[];
  /** Entries of the last bundle while it is not full: the next snapshot begins with them. */
  readonly edge: readonly Uint8Array[];
}

/**
 * @param edge entries of the bundle that was not full at the last snapshot
 * @param entries the leaves since
 */
export function takeSnapshot(
  tree: GrowingTree,
  edge: readonly Uint8Array[],
  entries: readonly Uint8Array[],
): Snapshot {
  const all = [...edge, ...entries];
  const first = tree.size - all.length;
  const files: LogFile[] = [];
  const partial: string[] = [];
  for (let at = 0; at < all.length; at += TILE_WIDTH) {
    const bundle = all.slice(at, at + TILE_WIDTH);
    const index = (first + at) / TILE_WIDTH;
    const path = entriesPath({ index, width: bundle.length });
    files.push({ path, bytes: encodeEntries(bundle) });
    if (bundle.length < TILE_WIDTH) partial.push(path);
  }
  for (const tile of tree.takeFull()) files.push(fileOf(tile));
  for (const tile of tree.partial()) {
    files.push(fileOf(tile));
    partial.push(tilePath(tile));
  }
  const left = all.length % TILE_WIDTH;
  const { size } = tree;
  return { size, root: tree.root(), files, partial, edge: left === 0 ? [] : all.slice(-left) };
}

function fileOf(tile: FilledTile): LogFile {
  return { path: tilePath(tile), bytes: tile.hashes };
}
