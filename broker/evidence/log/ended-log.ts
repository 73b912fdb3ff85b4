/** A log whose key was changed: nothing more comes, but its last checkpoint can still be cosigned. */
import path from "node:path";
import { cosignatures } from "../../../protocols/log/checked-note.ts";
import { parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { consistencyProof } from "../../../protocols/log/merkle.ts";
import { parseNote } from "../../../protocols/log/note.ts";
import { type LogPolicy, quorumReached } from "../../../protocols/log/policy.ts";
import { readWhole, type Volume, writeWhole } from "../volume.ts";
import { NOTE_BYTES_MAX } from "./limits.ts";
import type { PublishedCheckpoint } from "./published-checkpoint.ts";
import { sha256 } from "./sha256.ts";
import { verifyEd25519 } from "./signer.ts";
import { TileFiles } from "./tile-files.ts";

export class EndedLog {
  checkpoint: PublishedCheckpoint;
  private readonly volume: Volume;
  private readonly file: string;
  private readonly tiles: TileFiles;
  private readonly onKept: () => void;

  private constructor(volume: Volume, folder: string, last: PublishedCheckpoint, kept: () => void) {
    this.volume = volume;
    this.file = path.join(folder, "checkpoint");
    this.tiles = new TileFiles(volume, folder);
    this.checkpoint = last;
    this.onKept = kept;
  }

  /** Rejects if its last checkpoint cannot be read. */
  static async open(volume: Volume, folder: string, onKept: () => void): Promise<EndedLog> {
    const bytes = await readWhole(volume, path.join(folder, "checkpoint"), NOTE_BYTES_MAX);
    const note = parseNote(bytes);
    const checkpoint = note && parseCheckpoint(note.text);
    if (!checkpoint) throw new Error(`the last checkpoint in ${folder} cannot be read`);
    const { size, root } = checkpoint;
    const last = { size, root, note: new TextDecoder().decode(bytes) };
    return new EndedLog(volume, folder, last, onKept);
  }

  /** Whether enough witnesses have seen its end. */
  isSeen(policy: LogPolicy): boolean {
    const note = parseNote(Buffer.from(this.checkpoint.note));
    const seen = note ? cosignatures(note, policy, verifyEd25519) : [];
    return quorumReached(policy, new Set(seen.map(({ witness }) => witness)));
  }

  consistency(first: number, second: number): Promise<readonly Uint8Array[]> {
    return this.tiles.withNodes(second, (node) => consistencyProof(first, second, node, sha256));
  }

  async keepNote(checkpoint: PublishedCheckpoint): Promise<void> {
    await writeWhole(this.volume, this.file, Buffer.from(checkpoint.note));
    this.checkpoint = checkpoint;
    this.onKept();
  }

  /** There is none after the last. */
  onCheckpoint(): () => void {
    return () => {};
  }
}
