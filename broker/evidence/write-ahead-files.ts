/**
 * The files of the write-ahead: made beforehand and filled with zeros, so that a commit changes
 * no metadata and needs no space; one is always prepared ahead, and freed ones are used again.
 *
 * A crash while a file is prepared leaves `spare.wal.tmp`, which the next start overwrites;
 * between naming a file and its first block, a file without blocks, which recovery frees.
 */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { FILE_ID_LENGTH, fileHead } from "./block.ts";
import { BlockSeal } from "./block-seal.ts";
import type { EvidenceKeys } from "./keys.ts";
import type { EvidenceLimits } from "./limits.ts";
import { type Volume, type VolumeFile, withFile } from "./volume.ts";

const SPARE = "spare.wal";
const NAME = /^(\d{10})\.wal$/;
/** Zeros are written in steps of this: large enough to be quick, small enough for memory. */
const ZEROS = 1024 * 1024;

export interface ActiveFile {
  readonly number: number;
  readonly id: Uint8Array;
  readonly seal: BlockSeal;
  readonly file: VolumeFile;
}

export class WriteAheadFiles {
  readonly folder: string;
  private readonly volume: Volume;
  private readonly limits: EvidenceLimits;
  private readonly keys: EvidenceKeys;
  private readonly held = new Set<number>();
  private numberLast = 0;
  private spare: Promise<void> | undefined;
  private closed = false;

  constructor(volume: Volume, folder: string, limits: EvidenceLimits, keys: EvidenceKeys) {
    this.volume = volume;
    this.folder = folder;
    this.limits = limits;
    this.keys = keys;
  }

  /** Files that hold records which are not sealed yet, oldest first. */
  get numbers(): readonly number[] {
    return [...this.held].sort((a, b) => a - b);
  }

  /** How many there are of them. */
  get count(): number {
    return this.held.size;
  }

  pathOf(number: number): string {
    return path.join(this.folder, `${String(number).padStart(10, "0")}.wal`);
  }

  /** Finds the files that an earlier run left; new ones take higher numbers. */
  async find(): Promise<readonly number[]> {
    for (const name of await this.volume.list(this.folder)) {
      const number = NAME.exec(name)?.[1];
      if (number !== undefined) this.held.add(Number(number));
    }
    this.numberLast = Math.max(this.numberLast, ...this.held);
    return this.numbers;
  }

  /** The next file, ready for blocks. Throws if the volume has no room, or too many are held. */
  async next(): Promise<ActiveFile> {
    if (this.held.size >= this.limits.writeAheadFilesMax) {
      throw new Error(`sealing is behind: ${this.held.size} write-ahead files are full`);
    }
    const prepared = this.spare;
    this.spare = undefined;
    await prepared?.catch(() => undefined);
    await this.makeSpare();
    const number = this.numberLast + 1;
    const id = new Uint8Array(randomBytes(FILE_ID_LENGTH));
    const { seal, wrapped } = await BlockSeal.make(this.keys);
    const file = await this.volume.open(path.join(this.folder, SPARE), "durable");
    try {
      await file.write(fileHead(id, wrapped), 0);
      await this.volume.rename(path.join(this.folder, SPARE), this.pathOf(number));
      this.numberLast = number;
      this.held.add(number);
      await this.volume.syncFolder(this.folder);
    } catch (error) {
      this.held.delete(number);
      await file.close().catch(() => undefined);
      throw error;
    }
    return { number, id, seal, file };
  }

  /**
   * Prepares the next file in the background, unless one was freed meanwhile. Its failure shows
   * when the file is needed.
   */
  prepare(): void {
    if (this.closed) return;
    this.spare ??= this.makeSpare();
    this.spare.catch(() => undefined);
  }

  /** Every record in the file is sealed: it becomes the spare, or goes. */
  async free(number: number): Promise<void> {
    if (!this.held.delete(number)) return;
    if (this.spare === undefined && !this.closed) {
      this.spare = this.recycle(number);
      await this.spare;
    } else {
      await this.volume.remove(this.pathOf(number));
    }
  }

  /** Waits for what is under way; nothing is prepared any more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.spare?.catch(() => undefined);
  }

  private async recycle(number: number): Promise<void> {
    const spare = path.join(this.folder, SPARE);
    if (await this.volume.exists(spare)) await this.volume.remove(this.pathOf(number));
    else await this.volume.rename(this.pathOf(number), spare);
  }

  /** A spare of the right length that is there already serves again, whatever it holds. */
  private async makeSpare(): Promise<void> {
    const spare = path.join(this.folder, SPARE);
    if (await this.volume.exists(spare)) {
      const size = await withFile(this.volume, spare, "read", (file) => file.size());
      if (size === this.limits.writeAheadBytes) return;
      await this.volume.remove(spare);
    }
    await fillWithZeros(this.volume, `${spare}.tmp`, this.limits.writeAheadBytes);
    await this.volume.rename(`${spare}.tmp`, spare);
  }
}

/** Makes a file whose every byte has its place on the disk. */
export async function fillWithZeros(volume: Volume, file: string, length: number): Promise<void> {
  await withFile(volume, file, "write", async (opened) => {
    await opened.truncate(0);
    const zeros = new Uint8Array(Math.min(ZEROS, length));
    for (let at = 0; at < length; at += zeros.length) {
      await opened.write(zeros.subarray(0, Math.min(zeros.length, length - at)), at);
    }
    await opened.sync();
  });
}
