/** Effects that came while others were carried out, in order. Hot: its room is kept. */
import type { Effect } from "../../protocols/guard.ts";

/** A burst of refusals need not cost memory for ever. */
const KEPT_MAX = 64;

export class EffectQueue {
  private items: (Effect | undefined)[] = [];
  private head = 0;
  private tail = 0;

  push(effect: Effect): void {
    this.items[this.tail++] = effect;
  }

  shift(): Effect | undefined {
    const effect = this.head < this.tail ? this.items[this.head] : undefined;
    if (effect !== undefined) this.items[this.head++] = undefined;
    else this.clear();
    return effect;
  }

  clear(): void {
    if (this.tail > KEPT_MAX) this.items = [];
    else for (let at = this.head; at < this.tail; at++) this.items[at] = undefined;
    this.head = this.tail = 0;
  }
}
