/**
 * What a screen was left with when whoever spoke to it was killed: nobody let go of it. Plain
 * values, since a later session of the broker's own carries it in its header.
 */
import { KEYS_DOWN_MAX } from "./limits.ts";

export interface LeftDown {
  /** Where the pointer was. */
  readonly x: number;
  readonly y: number;
  /** Buttons, as bits. */
  readonly mask: number;
  /** Keysyms, in the order in which they went down. */
  readonly keys: readonly number[];
}

/** Undefined if it is not such a value. */
export function asLeftDown(value: unknown): LeftDown | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { x, y, mask, keys } = value as Record<string, unknown>;
  const isRight = isWithin(x, 0xffff) && isWithin(y, 0xffff) && isWithin(mask, 0xff);
  if (!isRight || !Array.isArray(keys) || keys.length > KEYS_DOWN_MAX) return undefined;
  return keys.every((key) => isWithin(key, 0xffffffff)) ? { x, y, mask, keys } : undefined;
}

function isWithin(value: unknown, max: number): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max;
}
