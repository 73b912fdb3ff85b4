/**
 * Collects a byte stream and cuts it into frames, bounded and without copying more than once.
 *
 * A cut is one of three things. "Not yet" and "never" must not be confused: the first waits,
 * the second ends the channel.
 */
import { copyBytes } from "./copy-bytes.ts";

export type Cut<T> =
  | { readonly kind: "frame"; readonly frame: T; readonly length: number }
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed"; readonly reason: string };

export const INCOMPLETE = { kind: "incomplete" } as const;

/** A buffer larger than this is given back once empty: ten thousand idle channels count. */
const KEPT_MAX = 4096;
const NO_BYTES = new Uint8Array(0);

export class Inbox {
  private readonly window: { bytes: Uint8Array; start: number; end: number };
  private readonly lengthMax: number;
  private lent = false;

  /** @param lengthMax bytes it may hold, unconsumed; `push` answers false beyond that. */
  constructor(lengthMax: number, lengthFirst = 0) {
    this.lengthMax = lengthMax;
    const bytes = lengthFirst === 0 ? NO_BYTES : new Uint8Array(Math.min(lengthFirst, lengthMax));
    this.window = { bytes, start: 0, end: 0 };
  }

  get length(): number {
    return this.window.end - this.window.start;
  }

  /** Whether what it holds is not its own: what is cut from it stays as long as the lender's does. */
  get isLent(): boolean {
    return this.lent;
  }

  /** Takes a copy of the bytes. False, and nothing taken, if they do not fit. */
  push(bytes: Uint8Array): boolean {
    if (this.length + bytes.length > this.lengthMax) return false;
    this.keep();
    this.makeRoom(bytes.length);
    this.window.bytes.set(bytes, this.window.end);
    this.window.end += bytes.length;
    return true;
  }

  /**
   * Like `push`, but while it is empty it only looks at the bytes: whoever lends them leaves them
   * as they are until `keep`. Large frames then cost no copy.
   */
  lend(bytes: Uint8Array): boolean {
    if (this.length > 0 || bytes.length > this.lengthMax) return this.push(bytes);
    this.window.bytes = bytes;
    this.window.start = 0;
    this.window.end = bytes.length;
    this.lent = true;
    return true;
  }

  /** Copies what is left of what was lent. */
  keep(): void {
    if (!this.lent) return;
    const { bytes, start, end } = this.window;
    this.lent = false;
    this.window.bytes = end > start ? copyBytes(bytes, start, end) : NO_BYTES;
    this.window.start = 0;
    this.window.end = end - start;
  }

  /** Cuts one frame off the front. What `cut` returns must not keep a view of its argument. */
  take<T>(cut: (bytes: Uint8Array) => Cut<T>): Cut<T> {
    const { bytes, start, end } = this.window;
    const result = cut(bytes.subarray(start, end));
    if (result.kind === "frame") this.skip(result.length);
    return result;
  }

  /**
   * For hot paths that cut without an object per frame: unconsumed bytes are `bytes[start]` to
   * `bytes[end - 1]`, until the next `push`, `take` or `skip`.
   */
  get view(): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
    return this.window;
  }

  /** Consumes `count` bytes off the front. */
  skip(count: number): void {
    this.window.start += Math.min(count, this.length);
    if (this.window.start === this.window.end) this.clear();
  }

  clear(): void {
    this.window.start = this.window.end = 0;
    if (this.lent || this.window.bytes.length > KEPT_MAX) this.window.bytes = NO_BYTES;
    this.lent = false;
  }

  private makeRoom(count: number): void {
    const { bytes, start, end } = this.window;
    if (end + count <= bytes.length) return;
    const held = end - start;
    const target =
      held + count <= bytes.length
        ? bytes
        : new Uint8Array(Math.min(this.lengthMax, Math.max(held + count, bytes.length * 2)));
    target.set(bytes.subarray(start, end));
    this.window.bytes = target;
    this.window.start = 0;
    this.window.end = held;
  }
}
