/** Reads the blocks of one write-ahead file as far as they are whole, once each, in order. */
import {
  BLOCK_HEAD_LENGTH,
  blockLength,
  FILE_HEAD_LENGTH,
  isWholeBlock,
  readFileHead,
} from "./block.ts";
import type { Volume, VolumeFile } from "./volume.ts";

/** Read at a time: some hundred commits. A larger block is read whole. */
const READ_AHEAD = 1024 * 1024;

export class WriteAheadReader {
  private readonly volume: Volume;
  private readonly path: string;
  private file: VolumeFile | undefined;
  private id: Uint8Array | undefined;
  private position = FILE_HEAD_LENGTH;

  constructor(volume: Volume, path: string) {
    this.volume = volume;
    this.path = path;
  }

  /** Hands on the payload of each whole block that begins before `until`; the first torn one ends it. */
  async readTo(until: number, visit: (payload: Uint8Array) => Promise<void>): Promise<void> {
    this.file ??= await this.volume.open(this.path, "read");
    this.id ??= readFileHead(await this.readAt(this.file, 0, FILE_HEAD_LENGTH));
    const id = this.id;
    if (id === undefined) return;
    while (this.position < until) {
      const bytes = await this.readAt(this.file, this.position, READ_AHEAD);
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
      await visit(bytes.subarray(at + BLOCK_HEAD_LENGTH, end));
      this.position += end - at;
      at = end;
    }
    return at;
  }

  private async readAt(file: VolumeFile, position: number, length: number): Promise<Uint8Array> {
    const size = await file.size();
    const into = new Uint8Array(Math.max(0, Math.min(length, size - position)));
    return into.subarray(0, await file.read(into, position));
  }
}
