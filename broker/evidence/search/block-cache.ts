/** Blocks that were opened lately, so that the next search need not open them again. */
import type { Block } from "./block.ts";

export class BlockCache {
  private readonly bytesMax: number;
  private readonly blocks = new Map<string, Block>();
  private held = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Of all blocks in it. */
  get bytes(): number {
    return this.held;
  }

  /** @param open throws if it cannot be opened */
  get(session: string, part: string, open: () => Block): Block {
    const key = `${session} ${part}`;
    const known = this.blocks.get(key);
    if (known !== undefined) {
      this.blocks.delete(key);
      this.blocks.set(key, known);
      return known;
    }
    const block = open();
    if (block.bytes > this.bytesMax) return block;
    this.blocks.set(key, block);
    this.held += block.bytes;
    for (const [oldest, { bytes }] of this.blocks) {
      if (this.held <= this.bytesMax) break;
      this.blocks.delete(oldest);
      this.held -= bytes;
    }
    return block;
  }

  forget(session: string): void {
    for (const [key, { bytes }] of this.blocks) {
      if (!key.startsWith(`${session} `)) continue;
      this.blocks.delete(key);
      this.held -= bytes;
    }
  }
}
