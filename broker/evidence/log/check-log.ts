/** Checks a whole log from its files alone: every entry against every tile and the checkpoint. */
import path from "node:path";
import type { Checkpoint } from "../../../protocols/log/checkpoint.ts";
import { type FilledTile, GrowingTree } from "../../../protocols/log/growing-tree.ts";
import { leafHash, sameHash } from "../../../protocols/log/merkle.ts";
import { TILE_WIDTH, tilePath } from "../../../protocols/log/tile.ts";
import { readWhole, type Volume } from "../volume.ts";
import { NOTE_BYTES_MAX } from "./limits.ts";
import { ownCheckpoint } from "./resume.ts";
import { sha256 } from "./sha256.ts";
import { TileFiles } from "./tile-files.ts";

export type CheckedLog =
  | { readonly kind: "whole"; readonly checkpoint: Checkpoint }
  | { readonly kind: "damaged"; readonly reason: string };

/**
 * @param publicKey of the log, from somebody who is trusted
 * @param each told every entry, in order
 */
export async function checkLog(
  volume: Volume,
  folder: string,
  publicKey: Uint8Array,
  each: (entry: Uint8Array, index: number) => void = () => {},
): Promise<CheckedLog> {
  try {
    const note = await readWhole(volume, path.join(folder, "checkpoint"), NOTE_BYTES_MAX);
    const checkpoint = ownCheckpoint(new TextDecoder().decode(note), publicKey);
    if (!checkpoint) return damaged("the checkpoint was not signed by the log's key");
    const tree = await readTree(new TileFiles(volume, folder), checkpoint.size, each);
    if (!sameHash(tree.root(), checkpoint.root)) {
      return damaged("the entries are not those that the checkpoint was signed for");
    }
    return { kind: "whole", checkpoint };
  } catch (error) {
    return damaged(error instanceof Error ? error.message : String(error));
  }
}

async function readTree(
  tiles: TileFiles,
  size: number,
  each: (entry: Uint8Array, index: number) => void,
): Promise<GrowingTree> {
  const tree = new GrowingTree(sha256);
  for (let index = 0; index * TILE_WIDTH < size; index += 1) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    for (const entry of await tiles.readEntries({ index, width })) {
      each(entry, tree.size);
      tree.push(leafHash(entry, sha256));
    }
    for (const tile of tree.takeFull()) await mustMatch(tiles, tile);
  }
  for (const tile of tree.partial()) await mustMatch(tiles, tile);
  return tree;
}

async function mustMatch(tiles: TileFiles, tile: FilledTile): Promise<void> {
  const bytes = await tiles.readTile(tile);
  if (sameHash(bytes.subarray(0, tile.hashes.length), tile.hashes)) return;
  throw new Error(`${tilePath(tile)} does not fit the entries below it`);
}

function damaged(reason: string): CheckedLog {
  return { kind: "damaged", reason };
}
