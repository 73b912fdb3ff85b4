/**
 * Which classes each recent decision permitted: what the loop checks a guard's `send` against, so
 * that even a faulty guard forwards nothing that was not permitted.
 */

import { OBSERVE_MASK } from "./class-mask.ts";

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
  private recent: number[] | undefined;
  /** The last one stands apart: nearly every send is of it. */
  private lastId = 0;
  private lastMask = 0;
  private readonly sendsOnce: boolean;

  /** @param sendsOnce one that was sent need not be remembered */
  constructor(sendsOnce = false) {
    this.sendsOnce = sendsOnce;
  }

  note(decision: number, mask: number): void {
    if (this.lastMask !== 0) this.remember();
    this.lastId = decision;
    this.lastMask = mask;
  }

  maskOf(decision: number): number {
    if (this.lastId === decision) return this.takeLast();
    const noted = this.recent?.[decision & (REMEMBERED - 1)] ?? 0;
    return Math.floor(noted / MASKS) === decision ? noted % MASKS : 0;
  }

  /** What may change the asset is asked for again, where it waited in a leg. */
  private takeLast(): number {
    const mask = this.lastMask;
    if (this.sendsOnce && mask === OBSERVE_MASK) this.lastMask = 0;
    return mask;
  }

  private remember(): void {
    this.recent ??= new Array<number>(REMEMBERED).fill(0);
    this.recent[this.lastId & (REMEMBERED - 1)] = this.lastId * MASKS + this.lastMask;
  }
}
