/** 16-bit words, most significant byte first, as Modbus carries them. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function setWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >> 8;
  bytes[at + 1] = word;
}

export function wordsAt(bytes: Uint8Array, at: number, count: number): number[] {
  const words: number[] = [];
  for (let i = 0; i < count; i++) words.push(wordAt(bytes, at + 2 * i));
  return words;
}

/** `count` bits, the first in the least significant bit of the first byte. */
export function bitsAt(bytes: Uint8Array, at: number, count: number): number[] {
  const bits: number[] = [];
  for (let i = 0; i < count; i++) bits.push((byteAt(bytes, at + (i >> 3)) >> (i & 7)) & 1);
  return bits;
}

/** Whether the bits after the last of `count` are zero in its byte. */
export function paddingIsZero(bytes: Uint8Array, at: number, count: number): boolean {
  const used = count & 7;
  return used === 0 || byteAt(bytes, at + (count >> 3)) >> used === 0;
}
