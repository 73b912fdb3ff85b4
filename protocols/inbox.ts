/**
 * Collects a byte stream and cuts it into frames, bounded and without copying more than once.
 *
 * A cut is one of three things. "Not yet" and "never" must not be confused: the first waits,
 * the second ends the channel.
 */
export type Cut<T> =
  | { readonly kind: "frame"; readonly frame: T; readonly length: number }
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed"; readonly reason: string };

export const INCOMPLETE = { kind: "incomplete" } as const;

export class Inbox {
  private buffer: Uint8Array;
  private start = 0;
  private end = 0;
  private readonly lengthMax: number;

  /** @param lengthMax bytes it may hold, unconsumed; `push` answers false beyond that. */
  constructor(lengthMax: number, lengthFirst = 0) {
    this.lengthMax = lengthMax;
    this.buffer = new Uint8Array(Math.min(lengthFirst, lengthMax));
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Takes a copy of the bytes. False, and nothing taken, if they do not fit. */
  push(bytes: Uint8Array): boolean {
    if (this.length + bytes.length > this.lengthMax) return false;
    this.makeRoom(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
    return true;
  }

  /** Cuts one frame off the front. What `cut` returns must not keep a view of its argument. */
  take<T>(cut: (bytes: Uint8Array) => Cut<T>): Cut<T> {
    const result = cut(this.buffer.subarray(this.start, this.end));
    if (result.kind === "frame") this.start += result.length;
    if (this.start === this.end) this.start = this.end = 0;
    return result;
  }

  clear(): void {
    this.start = this.end = 0;
  }

  private makeRoom(count: number): void {
    if (this.end + count <= this.buffer.length) return;
    const held = this.length;
    const needed = held + count;
    const target =
      needed <= this.buffer.length
        ? this.buffer
        : new Uint8Array(Math.min(this.lengthMax, Math.max(needed, this.buffer.length * 2)));
    target.set(this.buffer.subarray(this.start, this.end));
    this.buffer = target;
    this.start = 0;
    this.end = held;
  }
}
