/**
 * Which classes each recent decision permitted: what the loop checks a guard's `send` against, so
 * that even a faulty guard forwards nothing that was not permitted.
 */

/** A send follows its permit at once, or after other sends of the same turn. Power of two. */
const REMEMBERED = 64;
/** Above every mask of classes. */
const MASKS = 32;

export interface Permits {
  note(decision: number, mask: number): void;
  /** 0 if it was refused, is still held, or was never asked for. */
  maskOf(decision: number): number;
}

/**
 * Decisions of one channel that are kept: each is a byte. A channel that asked for more has
 * written some hundred gigabytes in pieces.
 */
const KEPT_MAX = 4 * 1024 * 1024;
const KEPT_FIRST = 64;

/** For guards that send under old decisions. */
export class KeptPermits implements Permits {
  private masks = new Uint8Array(KEPT_FIRST);

  note(decision: number, mask: number): void {
    if (decision >= KEPT_MAX) throw new RangeError(`a channel with ${KEPT_MAX} decisions`);
    if (decision >= this.masks.length) this.grow(decision);
    this.masks[decision] = mask;
  }

  maskOf(decision: number): number {
    return this.masks[decision] ?? 0;
  }

  private grow(decision: number): void {
    const grown = new Uint8Array(Math.min(KEPT_MAX, Math.max(this.masks.length * 2, decision + 1)));
    grown.set(this.masks);
    this.masks = grown;
  }
}

export class Permitted implements Permits {
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

  maskOf(decision: number): number {
    if (this.lastId === decision) return this.lastMask;
    const noted = this.recent[decision & (REMEMBERED - 1)] ?? 0;
    return Math.floor(noted / MASKS) === decision ? noted % MASKS : 0;
  }
}
