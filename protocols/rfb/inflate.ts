/**
 * Inflates the streams of one connection (RFC 1950, RFC 1951), piece by piece: a piece ends where
 * the sender flushed, and what came before stays the dictionary of what follows. Pure, and its
 * whole state is a window that can be copied, so that a picture can be brought to any moment.
 */
import { copyBytes } from "../copy-bytes.ts";

const WINDOW = 32_768;
/** Below this no block fits: a header of three bits and an end of seven. */
const BLOCK_BITS_MIN = 10;
const BITS_MAX = 15;

interface Table {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** What the sender's stream has said so far, as far as it matters. */
export interface InflateState {
  readonly begun: boolean;
  readonly window: Uint8Array;
  readonly bits: number;
  readonly bitCount: number;
}

/**
 * Inflates raw deflate that ends between bytes, as a library does it.
 * @returns undefined where it is none, or is longer than `lengthMax`
 */
export type InflatePiece = (
  deflated: Uint8Array,
  window: Uint8Array,
  lengthMax: number,
) => Uint8Array | undefined;

/** Of a stream, by RFC 1950. */
const HEAD = 2;

/** It ends with the empty block that a full flush writes, between bytes (RFC 1951, 3.2.4). */
function isFlushed(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes.subarray(-4);
  return bytes.length > 4 && a === 0 && b === 0 && c === 0xff && d === 0xff;
}

export class Inflate {
  private begun = false;
  private window: Uint8Array = new Uint8Array(0);
  private bits = 0;
  private bitCount = 0;

  static from(state: InflateState): Inflate {
    const inflate = new Inflate();
    inflate.begun = state.begun;
    inflate.window = state.window;
    inflate.bits = state.bits;
    inflate.bitCount = state.bitCount;
    return inflate;
  }

  /** The window is never written to again: it may be shared. */
  get state(): InflateState {
    const { begun, window, bits, bitCount } = this;
    return { begun, window, bits, bitCount };
  }

  /**
   * The next piece. Undefined if it is none, or is longer than `lengthMax`.
   * @param quick used where the piece lies between whole bytes
   */
  push(bytes: Uint8Array, lengthMax: number, quick?: InflatePiece): Uint8Array | undefined {
    return (quick && this.pushQuick(bytes, lengthMax, quick)) ?? this.pushHere(bytes, lengthMax);
  }

  private pushQuick(bytes: Uint8Array, lengthMax: number, quick: InflatePiece) {
    if (this.bitCount > 0 || !isFlushed(bytes)) return undefined;
    if (!this.begun && !new Run(bytes, this.window, 0, 0, 0).head()) return undefined;
    const deflated = this.begun ? bytes : bytes.subarray(HEAD);
    const out = quick(deflated, this.window, lengthMax);
    if (!out) return undefined;
    this.begun = true;
    const before = Math.max(0, Math.min(this.window.length, WINDOW - out.length));
    const window = new Uint8Array(before + Math.min(WINDOW, out.length));
    window.set(this.window.subarray(this.window.length - before));
    window.set(out.subarray(Math.max(0, out.length - WINDOW)), before);
    this.window = window;
    return out;
  }

  private pushHere(bytes: Uint8Array, lengthMax: number): Uint8Array | undefined {
    const run = new Run(bytes, this.window, lengthMax, this.bits, this.bitCount);
    if (!this.begun && !run.head()) return undefined;
    this.begun = true;
    while (run.bitsLeft >= BLOCK_BITS_MIN) {
      if (!run.block()) return undefined;
    }
    run.keepRest(this);
    const { from, end, out } = run;
    this.window = copyBytes(out, Math.max(0, end - WINDOW), end);
    return out.subarray(from, end);
  }

  /** Bits behind the last block, which begin the next piece. */
  keep(bits: number, bitCount: number): void {
    this.bits = bits;
    this.bitCount = bitCount;
  }
}

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const LENGTH_EXTRA = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

class Run {
  out: Uint8Array;
  readonly from: number;
  end: number;
  bits: number;
  bitCount: number;
  private readonly bytes: Uint8Array;
  private readonly limit: number;
  private at = 0;

  constructor(
    bytes: Uint8Array,
    window: Uint8Array,
    lengthMax: number,
    bits: number,
    bitCount: number,
  ) {
    this.bytes = bytes;
    this.from = window.length;
    this.limit = window.length + lengthMax;
    this.out = new Uint8Array(Math.min(this.limit, window.length + 4 * bytes.length + 1_024));
    this.out.set(window);
    this.end = window.length;
    this.bits = bits;
    this.bitCount = bitCount;
  }

  get bitsLeft(): number {
    return this.bitCount + 8 * (this.bytes.length - this.at);
  }

  /** RFC 1950: deflate, without a dictionary. */
  head(): boolean {
    const [method = 0, flags = 0] = this.bytes;
    this.at = 2;
    return (method & 15) === 8 && (flags & 32) === 0 && (method * 256 + flags) % 31 === 0;
  }

  keepRest(of: Inflate): void {
    let { bits, bitCount } = this;
    while (this.at < this.bytes.length) {
      bits |= (this.bytes[this.at++] ?? 0) << bitCount;
      bitCount += 8;
    }
    of.keep(bits, bitCount);
  }

  block(): boolean {
    this.take(1);
    const kind = this.take(2);
    if (kind === 0) return this.stored();
    if (kind === 1) return this.codes(FIXED_LENGTHS, FIXED_DISTANCES);
    return kind === 2 && this.dynamic();
  }

  /** -1 where there are no more. */
  private take(count: number): number {
    while (this.bitCount < count) {
      if (this.at >= this.bytes.length) return -1;
      this.bits |= (this.bytes[this.at++] ?? 0) << this.bitCount;
      this.bitCount += 8;
    }
    const value = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.bitCount -= count;
    return value;
  }

  private stored(): boolean {
    this.take(this.bitCount & 7);
    const length = this.take(16);
    const check = this.take(16);
    if (length < 0 || check !== (~length & 0xffff)) return false;
    if (!this.room(length)) return false;
    for (let left = length; left > 0; left -= 1) {
      const byte = this.take(8);
      if (byte < 0) return false;
      this.out[this.end++] = byte;
    }
    return true;
  }

  private dynamic(): boolean {
    const lengthCount = this.take(5) + 257;
    const distanceCount = this.take(5) + 1;
    const codeCount = this.take(4) + 4;
    if (codeCount < 4 || lengthCount > 286 || distanceCount > 30) return false;
    const lengths = new Uint8Array(320);
    for (let n = 0; n < codeCount; n += 1) lengths[CODE_ORDER[n] ?? 0] = this.take(3);
    const codes = tableOf(lengths, 0, 19);
    lengths.fill(0);
    for (let n = 0; n < lengthCount + distanceCount; ) {
      const symbol = this.symbol(codes);
      if (symbol < 0) return false;
      if (symbol < 16) {
        lengths[n++] = symbol;
        continue;
      }
      const value = symbol === 16 ? (n === 0 ? -1 : (lengths[n - 1] ?? 0)) : 0;
      const times =
        symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
      if (value < 0 || n + times > lengthCount + distanceCount) return false;
      lengths.fill(value, n, n + times);
      n += times;
    }
    return this.codes(
      tableOf(lengths, 0, lengthCount),
      tableOf(lengths, lengthCount, lengthCount + distanceCount),
    );
  }

  private codes(lengths: Table, distances: Table): boolean {
    for (;;) {
      const symbol = this.symbol(lengths);
      if (symbol < 0) return false;
      if (symbol === 256) return true;
      if (symbol < 256) {
        if (!this.room(1)) return false;
        this.out[this.end++] = symbol;
      } else if (!this.copy(symbol - 257, distances)) return false;
    }
  }

  private copy(at: number, distances: Table): boolean {
    const length = (LENGTH_BASE[at] ?? 0) + this.take(LENGTH_EXTRA[at] ?? 0);
    const symbol = this.symbol(distances);
    if (symbol < 0 || symbol > 29 || at > 28) return false;
    const distance = (DISTANCE_BASE[symbol] ?? 0) + this.take(DISTANCE_EXTRA[symbol] ?? 0);
    if (distance > this.end || !this.room(length)) return false;
    const { out } = this;
    for (let left = length; left > 0; left -= 1) {
      out[this.end] = out[this.end - distance] ?? 0;
      this.end += 1;
    }
    return true;
  }

  /** The next symbol by its canonical code; -1 where there is none. */
  private symbol({ counts, symbols }: Table): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= BITS_MAX; length += 1) {
      if (this.bitCount === 0) {
        if (this.at >= this.bytes.length) return -1;
        this.bits = this.bytes[this.at++] ?? 0;
        this.bitCount = 8;
      }
      code |= this.bits & 1;
      this.bits >>>= 1;
      this.bitCount -= 1;
      const count = counts[length] ?? 0;
      if (code - count < first) return symbols[index + code - first] ?? -1;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }

  private room(length: number): boolean {
    const needed = this.end + length;
    if (needed > this.limit) return false;
    if (needed <= this.out.length) return true;
    const grown = new Uint8Array(Math.min(this.limit, Math.max(needed, 2 * this.out.length)));
    grown.set(this.out.subarray(0, this.end));
    this.out = grown;
    return true;
  }
}

function tableOf(lengths: Uint8Array, from: number, end: number): Table {
  const counts = new Uint16Array(BITS_MAX + 1);
  for (let n = from; n < end; n += 1) counts[lengths[n] ?? 0] = (counts[lengths[n] ?? 0] ?? 0) + 1;
  counts[0] = 0;
  const offsets = new Uint16Array(BITS_MAX + 2);
  for (let length = 1; length <= BITS_MAX; length += 1) {
    offsets[length + 1] = (offsets[length] ?? 0) + (counts[length] ?? 0);
  }
  const symbols = new Uint16Array(end - from);
  for (let n = from; n < end; n += 1) {
    const length = lengths[n] ?? 0;
    if (length === 0) continue;
    const place = offsets[length] ?? 0;
    symbols[place] = n - from;
    offsets[length] = place + 1;
  }
  return { counts, symbols };
}

const FIXED = new Uint8Array(288).map((_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8));
const FIXED_LENGTHS = tableOf(FIXED, 0, 288);
const FIXED_DISTANCES = tableOf(new Uint8Array(30).fill(5), 0, 30);
