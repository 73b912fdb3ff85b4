/**
 * Effects that came while others were carried out, in order. A channel has one only while it works,
 * and hardly ever do two work at once: so they are lent, and the one that is lent stays cached.
 */
import type { Effect } from "../../protocols/guard.ts";

/** A burst of refusals need not cost memory for ever. */
const KEPT_MAX = 64;

/** Channels of one session that set each other to work. */
const SPARES_MAX = 16;
const spares: EffectQueue[] = [];

export class EffectQueue {
  private items: (Effect | undefined)[] = [];
  private head = 0;
  private tail = 0;

  /** An empty one, to be given back by `rest`. */
  static take(): EffectQueue {
    return spares.pop() ?? new EffectQueue();
  }

  rest(): void {
    this.clear();
    if (spares.length < SPARES_MAX) spares.push(this);
  }

  push(effect: Effect): void {
    this.items[this.tail++] = effect;
  }

  shift(): Effect | undefined {
    const effect = this.head < this.tail ? this.items[this.head] : undefined;
    if (effect !== undefined) this.items[this.head++] = undefined;
    else this.clear();
    return effect;
  }

  private clear(): void {
    if (this.tail > KEPT_MAX) this.items = [];
    else for (let at = this.head; at < this.tail; at++) this.items[at] = undefined;
    this.head = this.tail = 0;
  }
}
