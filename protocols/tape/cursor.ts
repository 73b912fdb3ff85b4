/**
 * Reads the body of one frame. A read that goes wrong answers zero or nothing and is remembered
 * in `fault`; the caller looks there once, at the end of the frame. Nothing throws.
 */
import { copyBytes } from "../copy-bytes.ts";
import { readUtf8 } from "./utf8.ts";

export class Cursor {
  /** What was wrong first, if anything. */
  fault: string | undefined;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private end = 0;

  /** Reads from `start` up to `end`, which lies within `bytes`. */
  enter(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.fault = undefined;
  }

  get left(): number {
    return this.end - this.at;
  }

  fail(reason: string): void {
    this.fault ??= reason;
    this.at = this.end;
  }

  byte(): number {
    if (this.at < this.end) return this.bytes[this.at++] ?? 0;
    this.fail("frame ends too early");
    return 0;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) this.fail("number above 2^53");
        return this.fault === undefined ? value : 0;
      }
      scale *= 0x80;
    }
    this.fail("number too long");
    return 0;
  }

  /** How many follow, each of at least one byte; 0 if they cannot all be there. */
  count(max: number): number {
    const count = this.varint();
    if (count <= max && count <= this.left) return count;
    this.fail("count too large");
    return 0;
  }

  /** A copy of the next bytes. */
  raw(count: number): Uint8Array {
    if (count > this.left) {
      this.fail("frame ends too early");
      return new Uint8Array(0);
    }
    const copy = copyBytes(this.bytes, this.at, this.at + count);
    this.at += count;
    return copy;
  }

  /** Fills the target with the next bytes, of which there are as many. */
  into(target: Uint8Array): void {
    const { bytes, at } = this;
    const count = target.length;
    for (let i = 0; i < count; i++) target[i] = bytes[at + i] ?? 0;
    this.at = at + count;
  }

  /** The bytes that are left, as one number, if they are four; they are not taken. */
  peek4(): number | undefined {
    const { bytes, at } = this;
    if (this.end - at !== 4) return undefined;
    const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    return (high << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  }

  /** The next bytes where they lie. */
  view(count: number): Uint8Array {
    const start = this.at;
    this.skip(count);
    return this.bytes.subarray(start, this.at);
  }

  skip(count: number): void {
    if (count > this.left) this.fail("frame ends too early");
    else this.at += count;
  }

  text(): string {
    const length = this.count(Number.MAX_SAFE_INTEGER);
    const text = readUtf8(this.bytes, this.at, this.at + length);
    this.skip(length);
    if (text === undefined) this.fail("text is not UTF-8");
    return text ?? "";
  }

  float64(): number {
    if (this.left < 8) {
      this.fail("frame ends too early");
      return 0;
    }
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset).getFloat64(this.at);
    this.at += 8;
    return value;
  }

  /** One of a list whose order is part of the format. */
  choice<T>(list: readonly T[]): T | undefined {
    const chosen = list[this.byte()];
    if (chosen === undefined) this.fail("unknown choice");
    return chosen;
  }
}
