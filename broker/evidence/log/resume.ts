/**
 * What is on disk of a log, checked before it goes on: entries against tiles, tiles against the
 * checkpoint, the checkpoint against the key. A log that does not fit together is not continued,
 * since that would be a second history under one name.
 */
import path from "node:path";
import { type Checkpoint, parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { edgeTilesOf, GrowingTree, tileRoot } from "../../../protocols/log/growing-tree.ts";
import { HASH_LENGTH, leafHash, sameHash } from "../../../protocols/log/merkle.ts";
import { ED25519, isSignedBy, noteKey, parseNote } from "../../../protocols/log/note.ts";
import { TILE_WIDTH, tilePath } from "../../../protocols/log/tile.ts";
import { readWhole, type Volume } from "../volume.ts";
import { NOTE_BYTES_MAX } from "./limits.ts";
import { sha256 } from "./sha256.ts";
import { verifyEd25519 } from "./signer.ts";
import { readStaging, stagingFiles } from "./staging.ts";
import type { TileFiles } from "./tile-files.ts";

/** The log was not opened; the message is for a person. */
export class LogRefused extends Error {
  override readonly name = "LogRefused";
}

export interface LogPlace {
  readonly volume: Volume;
  readonly folder: string;
  readonly tiles: TileFiles;
  readonly publicKey: Uint8Array;
  /** Full tiles, newest first, whose entries are hashed again. */
  readonly checkedTiles: number;
}

export interface Resumed {
  readonly checkpoint: Checkpoint;
  readonly note: string;
  /** As the checkpoint has it. */
  readonly tree: GrowingTree;
  /** Entries of the last bundle while it is not full. */
  readonly edge: readonly Uint8Array[];
  /** Acknowledged leaves that no checkpoint covers yet. */
  readonly staged: readonly Uint8Array[];
  readonly stagingNames: readonly number[];
}

/** Undefined where there is no log yet. @throws LogRefused */
export async function resumeLog(place: LogPlace): Promise<Resumed | undefined> {
  const { volume, folder } = place;
  const file = path.join(folder, "checkpoint");
  if (!(await volume.exists(file))) {
    await mustBeNew(place);
    return undefined;
  }
  const note = new TextDecoder().decode(await readWhole(volume, file, NOTE_BYTES_MAX));
  const checkpoint = ownCheckpoint(note, place.publicKey);
  if (!checkpoint) {
    throw new LogRefused("the site log's checkpoint was not signed by the site log's key");
  }
  try {
    const tree = await treeOf(place, checkpoint);
    const edge = await checkEntries(place, checkpoint.size);
    return { checkpoint, note, tree, edge, ...(await stagedAfter(place, checkpoint.size)) };
  } catch (error) {
    if (error instanceof LogRefused) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new LogRefused(`the site log cannot be read back: ${reason}`);
  }
}

/** The first thing a new log writes is its checkpoint: anything beside its absence is damage. */
async function mustBeNew({ volume, folder }: LogPlace): Promise<void> {
  const names = [
    ...(await volume.list(path.join(folder, "tile"))),
    ...(await volume.list(path.join(folder, "staging"))),
  ];
  if (names.length === 0) return;
  throw new LogRefused("the site log has leaves but its checkpoint is gone");
}

/** Undefined unless the note is a checkpoint that this key has signed under the log's own name. */
export function ownCheckpoint(note: string, publicKey: Uint8Array): Checkpoint | undefined {
  const parsed = parseNote(new TextEncoder().encode(note));
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (!parsed || !checkpoint) return undefined;
  const key = noteKey(checkpoint.origin, ED25519, publicKey, sha256);
  return isSignedBy(parsed, key, verifyEd25519) ? checkpoint : undefined;
}

async function treeOf({ tiles }: LogPlace, { size, root }: Checkpoint): Promise<GrowingTree> {
  const held = new Map<string, Uint8Array>();
  for (const tile of edgeTilesOf(size)) {
    if (tile.width > 0) held.set(tilePath(tile), await tiles.readTile(tile));
  }
  const tree = GrowingTree.resumed(
    size,
    (tile) => held.get(tilePath(tile)) ?? new Uint8Array(0),
    sha256,
  );
  if (sameHash(tree.root(), root)) return tree;
  throw new LogRefused("the site log's tiles are not those that its checkpoint was signed for");
}

/** Hashes the newest entries again; answers those of the bundle that is not full. */
async function checkEntries(
  { tiles, checkedTiles }: LogPlace,
  size: number,
): Promise<readonly Uint8Array[]> {
  const full = Math.floor(size / TILE_WIDTH);
  let edge: readonly Uint8Array[] = [];
  for (let index = Math.max(0, full - checkedTiles); index * TILE_WIDTH < size; index += 1) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const hashes = await tiles.readTile({ level: 0, index, width });
    const entries = await tiles.readEntries({ index, width });
    for (const [at, entry] of entries.entries()) {
      const hash = hashes.subarray(at * HASH_LENGTH, (at + 1) * HASH_LENGTH);
      if (sameHash(leafHash(entry, sha256), hash)) continue;
      throw new LogRefused(`entry ${index * TILE_WIDTH + at} of the site log was changed`);
    }
    if (width < TILE_WIDTH) edge = entries;
    else await checkAbove(tiles, index, hashes, size);
  }
  return edge;
}

async function checkAbove(
  tiles: TileFiles,
  index: number,
  hashes: Uint8Array,
  size: number,
): Promise<void> {
  const above = Math.floor(index / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH) - above * TILE_WIDTH);
  const parents = await tiles.readTile({ level: 1, index: above, width });
  const at = (index % TILE_WIDTH) * HASH_LENGTH;
  const root = tileRoot(hashes.subarray(0, TILE_WIDTH * HASH_LENGTH), sha256);
  if (sameHash(root, parents.subarray(at, at + HASH_LENGTH))) return;
  throw new LogRefused(`tile ${index} of the site log does not fit the one above it`);
}

async function stagedAfter(
  { volume, folder }: LogPlace,
  size: number,
): Promise<Pick<Resumed, "staged" | "stagingNames">> {
  const staging = path.join(folder, "staging");
  const stagingNames = await stagingFiles(volume, staging);
  const staged: Uint8Array[] = [];
  for (const name of stagingNames) {
    for (const { first, entries } of await readStaging(volume, staging, name)) {
      const next = size + staged.length;
      if (first > next) {
        throw new LogRefused(`leaves ${next} to ${first - 1} of the site log are missing`);
      }
      for (const [at, entry] of entries.entries()) if (first + at >= next) staged.push(entry);
    }
  }
  return { staged, stagingNames };
}
