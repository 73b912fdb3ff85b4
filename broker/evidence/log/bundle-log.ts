/** The log's part of a bundle: the checkpoint, an earlier one, leaves and their proofs. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { consistencyProof, inclusionProof } from "../../../protocols/log/merkle.ts";
import { parseNote } from "../../../protocols/log/note.ts";
import { formatCheckpointRequest, formatProof } from "../../../protocols/log/proof.ts";
import { formatRange, proveRange } from "../../../protocols/log/range-proof.ts";
import { diskVolume } from "../disk-volume.ts";
import { earlierCheckpoints, type PublishedNote } from "./history.ts";
import { sha256 } from "./sha256.ts";
import type { TileFiles } from "./tile-files.ts";
import { type Entry, entriesOf } from "./told-sessions.ts";

export type Write = (name: string, bytes: Uint8Array) => Promise<void>;

/** Leaves in one file of a range, and bytes: small enough to be read whole. */
const LEAVES_A_FILE = 4096;
const BYTES_A_FILE = 8 * 1024 * 1024;
/** Witnesses that lag by more than so many checkpoints are missed. */
const LOOKED_AT = 120;

/** The newest ones first; none if the log's checkpoint cannot be read. */
export async function notesOf(folder: string): Promise<readonly PublishedNote[]> {
  const note = readFileSync(path.join(folder, "checkpoint"), "utf8");
  const parsed = parseNote(Buffer.from(note));
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (!checkpoint) return [];
  const { size } = checkpoint;
  return [{ size, note }, ...(await earlierCheckpoints(diskVolume, folder, size))];
}

/** Among the newest that fit, the one that most have signed. */
export function bestOf(
  notes: readonly PublishedNote[],
  fits: (size: number) => boolean,
): PublishedNote | undefined {
  const signatures = ({ note }: PublishedNote) =>
    parseNote(Buffer.from(note))?.signatures.length ?? 0;
  return notes
    .filter(({ size }) => fits(size))
    .slice(0, LOOKED_AT)
    .reduce<PublishedNote | undefined>(
      (best, note) => (best && signatures(best) >= signatures(note) ? best : note),
      undefined,
    );
}

export async function writeLeaves(
  tiles: TileFiles,
  head: PublishedNote,
  leaves: Iterable<Entry>,
  write: Write,
): Promise<void> {
  for (const { index, bytes } of leaves) {
    const hashes = await tiles.withNodes(head.size, (node) =>
      inclusionProof(index, head.size, node, sha256),
    );
    await write(`log/${index}.json`, bytes);
    const proof = formatProof({ index, hashes, checkpoint: head.note });
    await write(`log/${index}.tlog-proof`, Buffer.from(proof));
  }
}

/** The leaves of some indexes. */
export async function readLeaves(
  tiles: TileFiles,
  indexes: Iterable<number>,
): Promise<readonly Entry[]> {
  const leaves: Entry[] = [];
  for (const index of indexes) {
    for await (const entry of entriesOf(tiles, index, index + 1)) leaves.push(entry);
  }
  return leaves;
}

/** @param first, end of a range that is not empty */
export async function writeRange(
  tiles: TileFiles,
  { size }: PublishedNote,
  first: number,
  end: number,
  write: Write,
): Promise<void> {
  let lines: Uint8Array[] = [];
  let [count, bytes, start] = [0, 0, first];
  const flush = async () => {
    await write(`log/entries/${start}.ndjson`, Buffer.concat(lines));
    [lines, count, bytes, start] = [[], 0, 0, start + count];
  };
  for await (const entry of entriesOf(tiles, first, end)) {
    lines.push(entry.bytes, LINE_FEED);
    count += 1;
    bytes += entry.bytes.length + 1;
    if (count >= LEAVES_A_FILE || bytes >= BYTES_A_FILE) await flush();
  }
  if (count > 0) await flush();
  const proof = await tiles.withNodes(size, (node) => proveRange(first, end, size, node, sha256));
  await write("log/range", Buffer.from(formatRange(proof)));
}

const LINE_FEED = Buffer.from("\n");

/** @param before index of the first leaf that the bundle is about */
export async function writeEarlier(
  folder: string,
  tiles: TileFiles,
  head: PublishedNote,
  before: number,
  write: Write,
): Promise<void> {
  const notes = await earlierCheckpoints(diskVolume, folder, before);
  const earlier = bestOf(notes, (size) => size > 0);
  if (!earlier) return;
  const hashes = await tiles.withNodes(head.size, (node) =>
    consistencyProof(earlier.size, head.size, node, sha256),
  );
  const { size: old, note: checkpoint } = earlier;
  await write("log/earlier", Buffer.from(formatCheckpointRequest({ old, hashes, checkpoint })));
}
