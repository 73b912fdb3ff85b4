/** Reads the fields of RFC 4251, section 5. A field that is not there makes the whole reading fail. */
import { copyBytes } from "../copy-bytes.ts";

/** Names of channel types, requests and signals; RFC 4250, 4.6.1 allows 64. */
export const NAME_LENGTH_MAX = 256;
/** A sentence of an asset. */
const TEXT_LENGTH_MAX = 1_024;
const NO_BYTES = new Uint8Array(0);

export class FieldReader {
  failed = false;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly end: number;
  private at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  uint8(): number {
    return this.take(1) ? this.view.getUint8(this.at - 1) : 0;
  }

  uint32(): number {
    return this.take(4) ? this.view.getUint32(this.at - 4) : 0;
  }

  /** 64 bit; fails above what a number can say exactly. */
  uint64(): number {
    const value = this.uint32() * 2 ** 32 + this.uint32();
    if (!Number.isSafeInteger(value)) this.failed = true;
    return this.failed ? 0 : value;
  }

  /** RFC 4251: only 0 and 1 are written, everything else reads as true. Strict: nothing else. */
  boolean(): boolean {
    const value = this.uint8();
    if (value > 1) this.failed = true;
    return value === 1;
  }

  /** A copy. */
  string(): Uint8Array {
    const length = this.uint32();
    if (this.failed || !this.take(length)) return NO_BYTES;
    return copyBytes(this.bytes, this.at - length, this.at);
  }

  /** A string as a view of what is read: for bulk that goes on at once. */
  range(): Uint8Array {
    const length = this.uint32();
    if (this.failed || !this.take(length)) return NO_BYTES;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A string that is a name of the protocol: printable ASCII, short. */
  name(): string {
    const bytes = this.string();
    const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
    if (bytes.length > NAME_LENGTH_MAX || !printable) this.failed = true;
    return this.failed ? "" : String.fromCharCode(...bytes);
  }

  /** A string for people, of any bytes: what is not printable ASCII is shown as `?`. */
  text(): string {
    const bytes = this.string();
    if (bytes.length > TEXT_LENGTH_MAX) this.failed = true;
    if (this.failed) return "";
    return [...bytes].map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "?")).join("");
  }

  /** What is left, as a copy. */
  rest(): Uint8Array {
    if (this.failed) return NO_BYTES;
    const rest = copyBytes(this.bytes, this.at, this.end);
    this.at = this.end;
    return rest;
  }

  private take(count: number): boolean {
    if (this.failed || count > this.left) {
      this.failed = true;
      return false;
    }
    this.at += count;
    return true;
  }
}
