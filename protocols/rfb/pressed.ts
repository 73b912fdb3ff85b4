/**
 * What is down at the asset, as far as the asset knows, and under which decision it went down.
 * Whatever ends, all of it is let go of: a jog button held by a dead session moves a machine.
 */
import { encodeKey, encodePointer } from "./client-message.ts";
import type { LeftDown } from "./left-down.ts";
import { KEYS_DOWN_MAX } from "./limits.ts";

/** No decision of this channel. */
const EARLIER = 0;
/** Of a mask. */
const BUTTONS = 8;

export class Pressed {
  /** Keysym to decision. */
  readonly keys = new Map<number, number>();
  /** Bit of the mask to decision. */
  readonly buttons = new Map<number, number>();
  x = 0;
  y = 0;

  get mask(): number {
    let mask = 0;
    for (const bit of this.buttons.keys()) mask |= 1 << bit;
    return mask;
  }

  /** What would be left, were nobody to let go of it. */
  get left(): LeftDown | undefined {
    const { mask, keys, x, y } = this;
    return mask === 0 && keys.size === 0 ? undefined : { x, y, mask, keys: [...keys.keys()] };
  }

  /** An earlier channel left it so. */
  takeOver({ x, y, mask, keys }: LeftDown): void {
    this.x = x;
    this.y = y;
    for (let bit = 0; bit < BUTTONS; bit += 1)
      if (mask & (1 << bit)) this.buttons.set(bit, EARLIER);
    for (const key of keys) this.keys.set(key, EARLIER);
  }

  get hasRoom(): boolean {
    return this.keys.size < KEYS_DOWN_MAX;
  }

  /** It was permitted and never left: the asset does not know of it. */
  forget(decision: number): void {
    for (const [key, by] of this.keys) if (by === decision) this.keys.delete(key);
    for (const [bit, by] of this.buttons) if (by === decision) this.buttons.delete(bit);
  }

  /** What lets go of everything, in the order in which hands do: buttons, then keys, latest first. */
  releaseAll(): readonly Uint8Array[] {
    const sends: Uint8Array[] = [];
    if (this.buttons.size > 0) sends.push(encodePointer(0, this.x, this.y));
    for (const keysym of [...this.keys.keys()].reverse()) sends.push(encodeKey(keysym, false));
    this.keys.clear();
    this.buttons.clear();
    return sends;
  }
}
