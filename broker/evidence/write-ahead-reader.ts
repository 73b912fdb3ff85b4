/** Reads the blocks of one write-ahead file as far as they are whole, once each, in order. */
import {
  BLOCK_HEAD_LENGTH,
  blockLength,
  FILE_HEAD_LENGTH,
  type FileHead,
  isWholeBlock,
  readFileHead,
} from "./block.ts";
import { BlockSeal } from "./block-seal.ts";
import type { EvidenceKeys } from "./keys.ts";
import type { Volume, VolumeFile } from "./volume.ts";

/** Read at a time: some hundred commits. A larger block is read whole. */
const READ_AHEAD = 1024 * 1024;

/** What is in the file is not what was written there, or not for this site's key: it stays so. */
export class WriteAheadDamaged extends Error {
  override readonly name = "WriteAheadDamaged";
}

export class WriteAheadReader {
  private readonly volume: Volume;
  private readonly path: string;
  private readonly keys: EvidenceKeys;
  /** What was read last: one array for all, since its garbage would be collected ten times a second. */
  private room = new Uint8Array(0);
  private file: VolumeFile | undefined;
  private head: FileHead | undefined;
  /** Absent in a file of version 1, whose blocks are plain. */
  private seal: BlockSeal | undefined;
  private position = 0;

  constructor(volume: Volume, path: string, keys: EvidenceKeys) {
    this.volume = volume;
    this.path = path;
    this.keys = keys;
  }

  /**
   * Hands on the payload of each whole block that begins before `until`; the first torn one ends
   * it. Answers how far it has read.
   * @throws WriteAheadDamaged if the site has no key to the file, and if a block that is whole was
   * sealed by somebody else: nothing of that is passed over in silence
   */
  async readTo(until: number, visit: (payload: Uint8Array) => Promise<void>): Promise<number> {
    await this.readBlocks(until, visit);
    return this.position;
  }

  private async readBlocks(
    until: number,
    visit: (payload: Uint8Array) => Promise<void>,
  ): Promise<void> {
    this.file ??= await this.volume.open(this.path, "read");
    this.head ??= await this.begin(this.file);
    if (this.head === undefined) return;
    const { id } = this.head;
    while (this.position < until) {
      // No further than what is durable: behind it are a megabyte of zeros, or old blocks.
      const ahead = Math.max(BLOCK_HEAD_LENGTH, Math.min(READ_AHEAD, until - this.position));
      const bytes = await this.readAt(this.file, this.position, ahead);
      const read = await this.visitBlocks(bytes, until, id, visit);
      if (read > 0) continue;
      const length = blockLength(bytes, id);
      if (length === undefined || length + BLOCK_HEAD_LENGTH <= bytes.length) return;
      const block = await this.readAt(this.file, this.position, length + BLOCK_HEAD_LENGTH);
      if ((await this.visitBlocks(block, until, id, visit)) === 0) return;
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async begin(file: VolumeFile): Promise<FileHead | undefined> {
    const head = readFileHead(await this.readAt(file, 0, FILE_HEAD_LENGTH));
    if (head?.key !== undefined) this.seal = await this.openSeal(head.key);
    this.position = head?.length ?? 0;
    return head;
  }

  private async openSeal(wrapped: Uint8Array): Promise<BlockSeal> {
    try {
      return await BlockSeal.open(wrapped, this.keys);
    } catch {
      throw new WriteAheadDamaged(`${this.path} is sealed to another key than the site's`);
    }
  }

  /** Answers how many bytes of whole blocks were visited. */
  private async visitBlocks(
    bytes: Uint8Array,
    until: number,
    id: Uint8Array,
    visit: (payload: Uint8Array) => Promise<void>,
  ): Promise<number> {
    let at = 0;
    while (this.position < until) {
      const length = blockLength(bytes.subarray(at), id);
      const end = at + BLOCK_HEAD_LENGTH + (length ?? 0);
      if (length === undefined || end > bytes.length) break;
      if (!isWholeBlock(bytes.subarray(at, end))) break;
      await visit(this.open(bytes.subarray(at + BLOCK_HEAD_LENGTH, end)));
      this.position += end - at;
      at = end;
    }
    return at;
  }

  private open(payload: Uint8Array): Uint8Array {
    if (this.seal === undefined) return payload;
    try {
      return this.seal.open(payload, this.position);
    } catch {
      throw new WriteAheadDamaged(
        `${this.path} was changed: its block at ${this.position} does not open`,
      );
    }
  }

  private async readAt(file: VolumeFile, position: number, length: number): Promise<Uint8Array> {
    const size = await file.size();
    const count = Math.max(0, Math.min(length, size - position));
    if (this.room.length < count) this.room = new Uint8Array(count);
    const into = this.room.subarray(0, count);
    return into.subarray(0, await file.read(into, position));
  }
}
