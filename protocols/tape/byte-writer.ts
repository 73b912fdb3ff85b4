/**
 * A growing buffer that several encoders may share. Hot: callers `reserve` once and then put
 * bytes at `length` themselves.
 */
import { utf8Length, writeUtf8 } from "./utf8.ts";

export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(lengthFirst = 256) {
    this.bytes = new Uint8Array(lengthFirst);
  }

  /** Afterwards at least `count` bytes fit behind `length`. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1; anything else is a mistake of the caller. */
  varint(value: number): void {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER) || value % 1 !== 0) {
      throw new RangeError(`not a whole number from 0 to 2^53 - 1: ${value}`);
    }
    this.reserve(VARINT_LENGTH_MAX);
    this.length = putVarint(this.bytes, this.length, value);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.length = putBytes(this.bytes, this.length, bytes);
  }

  /** `bytes[start]` to `bytes[end - 1]`. */
  range(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const target = this.bytes;
    const at = this.length;
    if (count > LOOP_MAX) target.set(bytes.subarray(start, end), at);
    else for (let i = 0; i < count; i++) target[at + i] = bytes[start + i] ?? 0;
    this.length = at + Math.max(0, count);
  }

  /** UTF-8 with its length in bytes before it. */
  text(text: string): void {
    const length = utf8Length(text);
    this.varint(length);
    this.reserve(length);
    this.length = writeUtf8(this.bytes, this.length, text);
  }

  float64(value: number): void {
    this.reserve(8);
    new DataView(this.bytes.buffer, this.bytes.byteOffset).setFloat64(this.length, value);
    this.length += 8;
  }

  /** Leaves a place for a length and answers where it is; `closeLength` fills it in. */
  openLength(): number {
    this.byte(0);
    return this.length;
  }

  /** Writes how many bytes followed `openLength` in front of them, moving them if need be. */
  closeLength(start: number): void {
    const count = this.length - start;
    if (count >= 0x80) this.moveUp(start, varintLength(count) - 1);
    putVarint(this.bytes, start - 1, count);
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  private moveUp(start: number, by: number): void {
    this.reserve(by);
    this.bytes.copyWithin(start + by, start, this.length);
    this.length += by;
  }
}

/** Bytes of the longest varint: 53 bits in groups of 7. */
export const VARINT_LENGTH_MAX = 8;

/** Below this a loop is quicker than `set`. */
const LOOP_MAX = 64;

export function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  let length = 3;
  for (let rest = Math.floor(value / 0x4000); rest >= 0x80; rest = Math.floor(rest / 0x80))
    length++;
  return length;
}

/** Writes without checking room or value; answers the position behind it. */
export function putVarint(target: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest > 0x7fffffff) {
    target[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** Copies without checking room; answers the position behind it. */
export function putBytes(target: Uint8Array, position: number, bytes: Uint8Array): number {
  const count = bytes.length;
  if (count > LOOP_MAX) target.set(bytes, position);
  else for (let i = 0; i < count; i++) target[position + i] = bytes[i] ?? 0;
  return position + count;
}
