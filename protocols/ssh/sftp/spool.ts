/**
 * A file that is being sent, kept here until it is whole and somebody has looked into it: nothing
 * of it reaches the asset before. It is written from its beginning on, without holes.
 */
import { copyBytes } from "../../copy-bytes.ts";

/**
 * Of all files that one channel sends at the same time. It lies in memory, and firmware of the
 * devices here is smaller.
 */
export const SPOOL_MAX = 33_554_432;
const FIRST = 65_536;

export class Spool {
  private bytes = new Uint8Array(FIRST);
  private length = 0;
  /** The client said so: it began an empty file, or gave the size that the file has now. */
  private wholeAt: number | undefined;
  private readonly fresh: boolean;

  /** @param fresh what was in the file before is gone, whatever is written */
  constructor(fresh: boolean) {
    this.fresh = fresh;
  }

  get size(): number {
    return this.length;
  }

  /** False for a part of a file: what was there before would be mixed with it. */
  get isWhole(): boolean {
    return this.fresh || this.wholeAt === this.length;
  }

  /** False, and nothing kept, where it leaves a hole. The caller has looked at the size. */
  write(offset: number, data: Uint8Array): boolean {
    if (offset > this.length) return false;
    const end = offset + data.length;
    if (end > this.bytes.length) this.grow(end);
    this.bytes.set(data, offset);
    this.length = Math.max(this.length, end);
    this.wholeAt = undefined;
    return true;
  }

  /** False where it is more than was written. */
  resize(size: number): boolean {
    if (size > this.length) return false;
    this.length = size;
    this.wholeAt = size;
    return true;
  }

  /** A copy that nothing changes any more. */
  content(): Uint8Array {
    return copyBytes(this.bytes, 0, this.length);
  }

  private grow(atLeast: number): void {
    const bytes = new Uint8Array(Math.min(SPOOL_MAX, Math.max(atLeast, 2 * this.bytes.length)));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}
