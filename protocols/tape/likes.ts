/**
 * A message of a poll differs from the one before it in a counter and a few values. Written as
 * the difference to the last message of its side and length, it becomes mostly zeros that repeat,
 * which is what the compression of a segment thrives on. Writer and reader keep the same memory.
 *
 * Nearly all messages of a channel have one length a side, the one that came first: these two
 * stand together in one array, since every array that a message touches may be a wait for memory.
 */
import { copyBytes } from "../copy-bytes.ts";
import type { Side } from "../guard.ts";
import { putBytes } from "./byte-writer.ts";
import { LIKE_LENGTH_MAX } from "./codec.ts";

const NOTHING = new Uint8Array(0);

export class Likes {
  /** The last messages of the first lengths: the client's, and behind it the asset's. */
  private firsts = NOTHING;
  private clientLength = 0;
  private assetLength = 0;
  /** The last message of each other length. */
  private readonly others: Record<Side, Uint8Array[]> = { client: NONE, asset: NONE };

  /** Puts the difference if most bytes are the same, else the bytes; true if the difference. */
  put(from: Side, target: Uint8Array, position: number, bytes: Uint8Array): boolean {
    const { length } = bytes;
    const isFirst = length === (from === "client" ? this.clientLength : this.assetLength);
    if (isFirst && length > 0) {
      const start = from === "client" ? 0 : this.clientLength;
      return putDifference(target, position, bytes, this.firsts, start);
    }
    const like = find(this.others[from], length);
    if (like !== undefined) return putDifference(target, position, bytes, like, 0);
    putBytes(target, position, bytes);
    this.keep(from, bytes);
    return false;
  }

  /** What `put` was given; `bytes` is changed in place when it holds a difference. */
  restore(from: Side, bytes: Uint8Array, isDifference: boolean): boolean {
    const { length } = bytes;
    const isFirst = length === (from === "client" ? this.clientLength : this.assetLength);
    if (isFirst && length > 0) {
      takeDifference(bytes, isDifference, this.firsts, from === "client" ? 0 : this.clientLength);
      return true;
    }
    const like = find(this.others[from], length);
    if (like === undefined) this.keep(from, bytes);
    else takeDifference(bytes, isDifference, like, 0);
    return like !== undefined || !isDifference;
  }

  clear(): void {
    this.firsts = NOTHING;
    this.clientLength = this.assetLength = 0;
    this.others.client = this.others.asset = NONE;
  }

  private keep(from: Side, bytes: Uint8Array): void {
    const known = from === "client" ? this.clientLength : this.assetLength;
    if (bytes.length > LIKE_LENGTH_MAX) return;
    if (known === 0 && bytes.length > 0) this.keepFirst(from, bytes);
    else if (this.others[from] === NONE) this.others[from] = [copyBytes(bytes)];
    else this.others[from].push(copyBytes(bytes));
  }

  private keepFirst(from: Side, bytes: Uint8Array): void {
    const both = new Uint8Array(this.firsts.length + bytes.length);
    both.set(this.firsts, from === "client" ? bytes.length : 0);
    both.set(bytes, from === "client" ? 0 : this.clientLength);
    this.firsts = both;
    if (from === "client") this.clientLength = bytes.length;
    else this.assetLength = bytes.length;
  }
}

/** Never changed. */
const NONE: Uint8Array[] = [];

/** The one found is the first to be looked at next time. */
function find(others: Uint8Array[], length: number): Uint8Array | undefined {
  const first = others[0];
  if (first === undefined || first.length === length) return first;
  for (let i = 1; i < others.length; i++) {
    const like = others[i];
    if (like?.length !== length) continue;
    others[i] = first;
    others[0] = like;
    return like;
  }
  return undefined;
}

/** The message that is compared with becomes this one. */
function putDifference(
  target: Uint8Array,
  position: number,
  bytes: Uint8Array,
  like: Uint8Array,
  start: number,
): boolean {
  const { length } = bytes;
  let same = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] ?? 0;
    const difference = (byte - (like[start + i] ?? 0)) & 0xff;
    if (difference === 0) same++;
    target[position + i] = difference;
    like[start + i] = byte;
  }
  if (same * 2 >= length) return true;
  putBytes(target, position, bytes);
  return false;
}

function takeDifference(
  bytes: Uint8Array,
  isDifference: boolean,
  like: Uint8Array,
  start: number,
): void {
  for (let i = 0; i < bytes.length; i++) {
    const byte = ((bytes[i] ?? 0) + (isDifference ? (like[start + i] ?? 0) : 0)) & 0xff;
    bytes[i] = byte;
    like[start + i] = byte;
  }
}
