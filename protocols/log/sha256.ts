/** SHA-256 (FIPS 180-4), for places that have no hash function that answers at once: browsers. */
import { copyBytes } from "../copy-bytes.ts";

const BLOCK = 64;
const CONSTANTS = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const START = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

export function sha256(bytes: Uint8Array): Uint8Array {
  const hash = new Sha256();
  hash.add(bytes);
  return hash.digest();
}

/** Of bytes that come in parts. */
export class Sha256 {
  private readonly state = new Uint32Array(START);
  private readonly schedule = new Uint32Array(BLOCK);
  /** What does not fill a block yet. */
  private readonly rest = new Uint8Array(BLOCK);
  private length = 0;

  add(bytes: Uint8Array): void {
    let at = 0;
    const held = this.length % BLOCK;
    this.length += bytes.length;
    if (held > 0) {
      at = Math.min(BLOCK - held, bytes.length);
      this.rest.set(bytes.subarray(0, at), held);
      if (held + at < BLOCK) return;
      this.block(this.rest, 0);
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.block(bytes, at);
    this.rest.set(bytes.subarray(at));
  }

  /** Of everything so far; nothing is added afterwards. */
  digest(): Uint8Array {
    const padded = pad(this.rest.subarray(0, this.length % BLOCK), this.length);
    for (let at = 0; at < padded.length; at += BLOCK) this.block(padded, at);
    const hash = new Uint8Array(32);
    const out = new DataView(hash.buffer);
    for (const [word, value] of this.state.entries()) out.setUint32(word * 4, value);
    return hash;
  }

  private block(bytes: Uint8Array, at: number): void {
    const { schedule, state } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, BLOCK);
    for (let word = 0; word < 16; word += 1) schedule[word] = view.getUint32(word * 4);
    expand(schedule);
    compress(state, schedule);
  }
}

/** A one bit, zeros, and the length of the whole in bits in the last 64. */
function pad(bytes: Uint8Array, whole: number): Uint8Array {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK) * BLOCK);
  padded.set(copyBytes(bytes));
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(whole / 2 ** 29));
  view.setUint32(padded.length - 4, (whole * 8) % 2 ** 32);
  return padded;
}

function expand(schedule: Uint32Array): void {
  const word = (at: number) => schedule[at] ?? 0;
  for (let at = 16; at < BLOCK; at += 1) {
    const a = word(at - 15);
    const b = word(at - 2);
    const low = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3);
    const high = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
    schedule[at] = word(at - 16) + low + word(at - 7) + high;
  }
}

function compress(state: Uint32Array, schedule: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let at = 0; at < BLOCK; at += 1) {
    const choice = (e & f) ^ (~e & g);
    const sum = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const first = (h + sum + choice + (CONSTANTS[at] ?? 0) + (schedule[at] ?? 0)) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  for (const [at, value] of [a, b, c, d, e, f, g, h].entries()) {
    state[at] = (state[at] ?? 0) + value;
  }
}

function rotated(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}
