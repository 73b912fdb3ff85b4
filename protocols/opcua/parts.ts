/** Puts a message together of pieces of others: what was inspected goes on by its own bytes. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly start?: number;
  readonly end?: number;
}

/** A fresh array of all the parts, one behind the other, after so many bytes that are left free. */
export function written(parts: readonly Part[], free = 0): Uint8Array {
  const length = parts.reduce((sum, part) => sum + lengthOf(part), free);
  const whole = new Uint8Array(length);
  let at = free;
  for (const part of parts) {
    const { bytes, start = 0, end = bytes.length } = part;
    whole.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return whole;
}

function lengthOf({ bytes, start = 0, end = bytes.length }: Part): number {
  return end - start;
}

/** A little-endian Int32 or UInt32. */
export function put32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}
