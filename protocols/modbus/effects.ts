/**
 * Gathers the effects of one step. Hot: nearly every step has one or two, and an array that grows
 * by pushing takes the room of many.
 */
import type { Effect } from "../guard.ts";

const NONE: readonly Effect[] = Object.freeze([]);
/** A burst of refusals need not cost memory for ever. */
const ROOM_KEPT_MAX = 64;

export class Effects {
  private items: (Effect | undefined)[] = [];
  private count = 0;

  /** Forgets what a step that threw may have left. */
  begin(): this {
    this.forget();
    return this;
  }

  push(effect: Effect): void {
    this.items[this.count++] = effect;
  }

  /** In order, in an array of its own. */
  take(): readonly Effect[] {
    const effects = this.copy();
    this.forget();
    return effects;
  }

  private copy(): readonly Effect[] {
    const first = this.items[0];
    const second = this.items[1];
    if (first === undefined || this.count === 0) return NONE;
    if (this.count === 1) return [first];
    if (this.count === 2 && second !== undefined) return [first, second];
    return this.items.slice(0, this.count) as Effect[];
  }

  private forget(): void {
    if (this.count > ROOM_KEPT_MAX) this.items = [];
    else for (let at = 0; at < this.count; at++) this.items[at] = undefined;
    this.count = 0;
  }
}
