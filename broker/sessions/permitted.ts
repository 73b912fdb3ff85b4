/**
 * Which classes each recent decision permitted: what the loop checks a guard's `send` against, so
 * that even a faulty guard forwards nothing that was not permitted.
 */

/** A send follows its permit at once, or after other sends of the same turn. Power of two. */
const REMEMBERED = 64;

export class Permitted {
  private readonly ids = new Uint32Array(REMEMBERED);
  private readonly masks = new Uint8Array(REMEMBERED);

  note(decision: number, mask: number): void {
    const at = decision & (REMEMBERED - 1);
    this.ids[at] = decision;
    this.masks[at] = mask;
  }

  /** 0 if it was refused, is still held, or was never asked for. */
  maskOf(decision: number): number {
    const at = decision & (REMEMBERED - 1);
    return this.ids[at] === decision ? (this.masks[at] ?? 0) : 0;
  }
}
