/**
 * Reads OPC UA Binary (Part 6, 5.2), strictly and within bounds. The first fault sticks: whatever
 * is read after it is empty, so that a decoder reads on without looking and asks once at its end.
 */
import { copyBytes } from "../copy-bytes.ts";
import { readUtf8 } from "../tape/utf8.ts";

/** Part 6, 5.1.11 asks decoders for 100 levels of nesting and lets them refuse more. */
export const DEPTH_MAX = 100;
const NO_BYTES = new Uint8Array(0);

export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** Where the next field begins. */
  at: number;
  /**
   * Lets pass what real assets answer wrongly and what leaves no doubt where a value ends: the
   * dimensions of an array that do not fit its length.
   */
  forgiving = false;
  /** Why it is malformed; undefined while it is not. */
  fault: string | undefined;
  private readonly view: DataView;
  private depth = 0;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(reason: string): void {
    this.fault ??= reason;
  }

  /** Nothing may be left over: what nobody read is what nobody inspected. */
  finish(): void {
    if (this.at !== this.end) this.fail(`${this.end - this.at} bytes behind its end`);
  }

  /** Goes one level down; every `enter` has its `leave`. */
  enter(): void {
    if (++this.depth > DEPTH_MAX) this.fail(`nested more than ${DEPTH_MAX} levels deep`);
  }

  leave(): void {
    this.depth -= 1;
  }

  skip(count: number): void {
    this.take(count);
  }

  boolean(): boolean {
    const value = this.uint8();
    if (value > 1) this.fail(`a Boolean of ${value}`);
    return value === 1;
  }

  uint8(): number {
    return this.take(1) ? this.view.getUint8(this.at - 1) : 0;
  }

  int8(): number {
    return this.take(1) ? this.view.getInt8(this.at - 1) : 0;
  }

  uint16(): number {
    return this.take(2) ? this.view.getUint16(this.at - 2, true) : 0;
  }

  int16(): number {
    return this.take(2) ? this.view.getInt16(this.at - 2, true) : 0;
  }

  uint32(): number {
    return this.take(4) ? this.view.getUint32(this.at - 4, true) : 0;
  }

  int32(): number {
    return this.take(4) ? this.view.getInt32(this.at - 4, true) : 0;
  }

  uint64(): bigint {
    return this.take(8) ? this.view.getBigUint64(this.at - 8, true) : 0n;
  }

  int64(): bigint {
    return this.take(8) ? this.view.getBigInt64(this.at - 8, true) : 0n;
  }

  float(): number {
    return this.take(4) ? this.view.getFloat32(this.at - 4, true) : 0;
  }

  double(): number {
    return this.take(8) ? this.view.getFloat64(this.at - 8, true) : 0;
  }

  /** A null String reads as undefined. */
  string(): string | undefined {
    const length = this.length();
    if (length < 0 || !this.take(length)) return undefined;
    const text = readUtf8(this.bytes, this.at - length, this.at);
    if (text === undefined) this.fail("text that is not UTF-8");
    return text;
  }

  /** A copy; a null ByteString reads as undefined. */
  byteString(): Uint8Array | undefined {
    const length = this.length();
    if (length < 0 || !this.take(length)) return undefined;
    return length === 0 ? NO_BYTES : copyBytes(this.bytes, this.at - length, this.at);
  }

  skipBytes(): void {
    const length = this.length();
    if (length > 0) this.take(length);
  }

  guid(): string {
    const first = [this.uint32(), 8] as const;
    const second = [this.uint16(), 4] as const;
    const third = [this.uint16(), 4] as const;
    const rest = Array.from({ length: 8 }, () => [this.uint8(), 2] as const);
    const hex = ([value, digits]: readonly [number, number]) =>
      value.toString(16).padStart(digits, "0");
    const tail = rest.map(hex).join("");
    return `${[first, second, third].map(hex).join("-")}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  }

  /**
   * Length of an array, -1 where it is null. Each element has a byte at least: more than there are
   * bytes left is a lie.
   */
  count(): number {
    return this.length();
  }

  private length(): number {
    const length = this.int32();
    if (length < -1) this.fail(`a length of ${length}`);
    else if (length > this.end - this.at) this.fail("a length beyond the end of the message");
    return this.fault === undefined ? length : -1;
  }

  private take(count: number): boolean {
    if (this.fault !== undefined) return false;
    if (count > this.end - this.at) {
      this.fail("it ends too early");
      return false;
    }
    this.at += count;
    return true;
  }
}
