/**
 * Which classes each recent decision permitted: what the loop checks a guard's `send` against, so
 * that even a faulty guard forwards nothing that was not permitted.
 */

/** A send follows its permit at once, or after other sends of the same turn. Power of two. */
const REMEMBERED = 64;
/** Above every mask of classes. */
const MASKS = 32;

export class Permitted {
  /** `decision * MASKS + mask`, in the place of the decision. */
  private readonly recent: number[] = [];
  /** The last one stands apart: nearly every send is of it. */
  private lastId = 0;
  private lastMask = 0;

  note(decision: number, mask: number): void {
    if (this.lastId !== 0) {
      while (this.recent.length < REMEMBERED) this.recent.push(0);
      this.recent[this.lastId & (REMEMBERED - 1)] = this.lastId * MASKS + this.lastMask;
    }
    this.lastId = decision;
    this.lastMask = mask;
  }

  /** 0 if it was refused, is still held, or was never asked for. */
  maskOf(decision: number): number {
    if (this.lastId === decision) return this.lastMask;
    const noted = this.recent[decision & (REMEMBERED - 1)] ?? 0;
    return Math.floor(noted / MASKS) === decision ? noted % MASKS : 0;
  }
}
