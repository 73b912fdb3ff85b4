/**
 * A message of a poll differs from the one before it in a counter and a few values. Written as
 * the difference to the last message of its side and length, it becomes mostly zeros that repeat,
 * which is what the compression of a segment thrives on. Writer and reader keep the same memory.
 */
import { copyBytes } from "../copy-bytes.ts";
import { putBytes } from "./byte-writer.ts";
import { LIKE_LENGTH_MAX } from "./codec.ts";

export class Likes {
  /** The last message of each length; the one used last stands first. */
  private readonly last: Uint8Array[] = [];

  /** Puts the difference if most bytes are the same, else the bytes; true if the difference. */
  put(target: Uint8Array, position: number, bytes: Uint8Array): boolean {
    const length = bytes.length;
    const like = this.find(length);
    if (like === undefined) {
      putBytes(target, position, bytes);
      this.keep(bytes);
      return false;
    }
    let same = 0;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] ?? 0;
      const difference = (byte - (like[i] ?? 0)) & 0xff;
      if (difference === 0) same++;
      target[position + i] = difference;
      like[i] = byte;
    }
    if (same * 2 >= length) return true;
    putBytes(target, position, bytes);
    return false;
  }

  /** What `put` was given; `bytes` is changed in place when it holds a difference. */
  restore(bytes: Uint8Array, isDifference: boolean): boolean {
    const like = this.find(bytes.length);
    if (like === undefined) {
      this.keep(bytes);
      return !isDifference;
    }
    if (isDifference) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = ((bytes[i] ?? 0) + (like[i] ?? 0)) & 0xff;
    }
    like.set(bytes);
    return true;
  }

  clear(): void {
    this.last.length = 0;
  }

  private find(length: number): Uint8Array | undefined {
    const { last } = this;
    const first = last[0];
    if (first === undefined || first.length === length) return first;
    for (let i = 1; i < last.length; i++) {
      const like = last[i];
      if (like?.length !== length) continue;
      last[i] = first;
      last[0] = like;
      return like;
    }
    return undefined;
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length <= LIKE_LENGTH_MAX) this.last.push(copyBytes(bytes));
  }
}
