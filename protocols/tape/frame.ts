/** Cuts a stream into frames without looking into them. */
import { FRAME_LENGTH_MAX, PREAMBLE } from "./codec.ts";
import { TAPE_VERSION } from "./record.ts";

/** What stands at a place of the stream. `next` is where the following one begins. */
export type Found =
  | { readonly kind: "preamble"; readonly next: number }
  /** The body, kind byte included, is from `start` to `next`. */
  | { readonly kind: "frame"; readonly start: number; readonly next: number }
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed"; readonly reason: string };

/**
 * For those who pass over millions: where the body of the frame at `at` begins, if its length takes
 * one or two bytes and all of it is there; 0 otherwise, and then `findFrame` tells more. It ends at
 * the beginning plus `shortLength`.
 */
export function shortFrame(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] ?? 0;
  if (first === 0 || at + 2 >= end) return 0;
  if (first < 0x80) return at + 1 + first <= end ? at + 1 : 0;
  const second = bytes[at + 1] ?? 0;
  if (second >= 0x80) return 0;
  const length = (first & 0x7f) | (second << 7);
  return length > 0 && at + 2 + length <= end ? at + 2 : 0;
}

/** Length of the frame at `at` for which `shortFrame` answered a beginning. */
export function shortLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  return first < 0x80 ? first : (first & 0x7f) | ((bytes[at + 1] ?? 0) << 7);
}

const INCOMPLETE: Found = { kind: "incomplete" };

export function findFrame(bytes: Uint8Array, at: number, end: number): Found {
  if (at >= end) return INCOMPLETE;
  if (bytes[at] === 0) return findPreamble(bytes, at, end);
  let length = 0;
  // A length of more than 28 bits is above the limit anyway.
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return INCOMPLETE;
    const byte = bytes[at + i] ?? 0;
    length |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return bounded(at + i + 1, length, end);
  }
  return { kind: "malformed", reason: "frame is too long" };
}

function bounded(start: number, length: number, end: number): Found {
  if (length === 0) return { kind: "malformed", reason: "frame is empty" };
  if (length > FRAME_LENGTH_MAX) return { kind: "malformed", reason: "frame is too long" };
  return start + length > end ? INCOMPLETE : { kind: "frame", start, next: start + length };
}

function findPreamble(bytes: Uint8Array, at: number, end: number): Found {
  for (let i = 0; i < PREAMBLE.length; i++) {
    if (at + i >= end) return INCOMPLETE;
    if (bytes[at + i] !== PREAMBLE[i]) return { kind: "malformed", reason: "not a tape" };
  }
  const version = at + PREAMBLE.length;
  if (version >= end) return INCOMPLETE;
  if (bytes[version] !== TAPE_VERSION) {
    return { kind: "malformed", reason: `tape of version ${bytes[version]} cannot be read here` };
  }
  return { kind: "preamble", next: version + 1 };
}
