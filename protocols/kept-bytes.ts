/**
 * What was sent on a stream and is not known to have arrived, so that a connection that breaks
 * loses none of it and repeats none: both ends count bytes, and whoever comes back says how many it
 * has.
 */
export class KeptBytes {
  private parts: Uint8Array[] = [];
  /** Bytes that are known to have arrived; those of `parts` follow. */
  private from = 0;
  private count = 0;

  /** All that was sent. */
  get total(): number {
    return this.from + this.count;
  }

  /** Bytes that are kept. */
  get waiting(): number {
    return this.count;
  }

  /** Keeps the array as it is: it must not change any more. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.parts.push(bytes);
    this.count += bytes.length;
  }

  /** This many of all have arrived. Less than was said before says nothing. */
  arrived(total: number): void {
    const known = Math.min(total, this.total);
    let gone = 0;
    while (gone < this.parts.length) {
      const length = this.parts[gone]?.length ?? 0;
      if (this.from + length > known) break;
      this.from += length;
      this.count -= length;
      gone += 1;
    }
    if (gone > 0) this.parts.splice(0, gone);
  }

  /**
   * What follows the first `total` bytes, in order. Undefined where it is not kept any more, or was
   * never sent.
   */
  after(total: number): readonly Uint8Array[] | undefined {
    if (!Number.isSafeInteger(total) || total < this.from || total > this.total) return undefined;
    const after: Uint8Array[] = [];
    let at = this.from;
    for (const part of this.parts) {
      if (at + part.length > total) after.push(part.subarray(Math.max(0, total - at)));
      at += part.length;
    }
    return after;
  }
}
