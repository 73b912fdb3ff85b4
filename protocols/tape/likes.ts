/**
 * A message of a poll differs from the one before it in a counter and a few values. Written as
 * the difference to the last message of its side and length, it becomes mostly zeros that repeat,
 * which is what the compression of a segment thrives on. Writer and reader keep the same memory.
 */
import { copyBytes } from "../copy-bytes.ts";
import { putBytes } from "./byte-writer.ts";
import { LIKE_LENGTH_MAX } from "./codec.ts";

export class Likes {
  private last: (Uint8Array | undefined)[] = [];

  /** Puts the difference if most bytes are the same, else the bytes; true if the difference. */
  put(target: Uint8Array, position: number, bytes: Uint8Array): boolean {
    const like = this.last[bytes.length];
    if (like === undefined) {
      putBytes(target, position, bytes);
      if (bytes.length <= LIKE_LENGTH_MAX) this.last[bytes.length] = copyBytes(bytes);
      return false;
    }
    const length = bytes.length;
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
    const like = this.last[bytes.length];
    if (like === undefined) {
      if (bytes.length <= LIKE_LENGTH_MAX) this.last[bytes.length] = copyBytes(bytes);
      return !isDifference;
    }
    if (isDifference) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = ((bytes[i] ?? 0) + (like[i] ?? 0)) & 0xff;
    }
    like.set(bytes);
    return true;
  }

  clear(): void {
    this.last = [];
  }
}
