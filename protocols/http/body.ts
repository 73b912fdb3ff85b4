/**
 * Bodies: how long one is said to be, and its pieces as they arrive. The pieces depend on the
 * message alone, never on how the bytes were cut on the way.
 */
import { copyBytes } from "../copy-bytes.ts";
import { type Cut, INCOMPLETE } from "../inbox.ts";
import { type Fields, fieldOf, malformed, type Read } from "./head.ts";

export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" };

/** One piece of a body. */
export type Piece =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end" };

/** A body of known length is handed on in pieces of this size. */
export const PIECE = 16_384;
/** A larger chunk would have to be kept whole first. */
export const CHUNK_MAX = 65_536;

/** A message with both fields, or with any coding but `chunked`, is read otherwise by others. */
export function framingOf(fields: Fields): Read<Framing> {
  const length = fieldOf(fields, "content-length");
  const coding = fieldOf(fields, "transfer-encoding");
  if (length !== undefined && coding !== undefined) {
    return malformed("content-length and transfer-encoding in one message");
  }
  if (coding !== undefined) {
    if (coding.toLowerCase() !== "chunked") return malformed("a coding that is not chunked");
    return { kind: "read", value: { kind: "chunked" } };
  }
  if (length === undefined) return { kind: "read", value: { kind: "none" } };
  if (!/^\d{1,12}$/.test(length)) return malformed("a content-length that is no number");
  const count = Number(length);
  return {
    kind: "read",
    value: count === 0 ? { kind: "none" } : { kind: "length", length: count },
  };
}

/** Cuts the pieces of one body off an inbox. */
export class BodyReader {
  private left: number;
  private readonly chunked: boolean;

  constructor(framing: Framing) {
    this.chunked = framing.kind === "chunked";
    this.left = framing.kind === "length" ? framing.length : 0;
  }

  readonly cut = (bytes: Uint8Array): Cut<Piece> =>
    this.chunked ? chunk(bytes) : this.fixed(bytes);

  private fixed(bytes: Uint8Array): Cut<Piece> {
    if (this.left === 0) return { kind: "frame", frame: { kind: "end" }, length: 0 };
    const wanted = Math.min(PIECE, this.left);
    if (bytes.length < wanted) return INCOMPLETE;
    this.left -= wanted;
    return {
      kind: "frame",
      frame: { kind: "data", bytes: copyBytes(bytes, 0, wanted) },
      length: wanted,
    };
  }
}

const SIZE_LINE = /^([0-9A-Fa-f]{1,6})$/;
/** Six digits and their line end: extensions of chunks are not taken (RFC 9112, 7.1.1). */
const SIZE_LINE_MAX = 8;

function chunk(bytes: Uint8Array): Cut<Piece> {
  const lineEnd = bytes.subarray(0, SIZE_LINE_MAX).indexOf(13);
  if (lineEnd < 0) return bytes.length < SIZE_LINE_MAX ? INCOMPLETE : malformed("not a chunk");
  const digits = SIZE_LINE.exec(String.fromCharCode(...bytes.subarray(0, lineEnd)))?.[1];
  if (digits === undefined) return malformed("not the size of a chunk");
  const size = Number.parseInt(digits, 16);
  if (size > CHUNK_MAX) return malformed("a chunk larger than any is taken");
  const length = lineEnd + 2 + size + 2;
  if (bytes.length < lineEnd + 2) return INCOMPLETE;
  if (bytes[lineEnd + 1] !== 10) return malformed("a chunk's size does not end with CR LF");
  if (bytes.length < length) return INCOMPLETE;
  if (bytes[length - 2] !== 13 || bytes[length - 1] !== 10) {
    return malformed(size === 0 ? "fields behind the last chunk" : "a chunk does not end");
  }
  if (size === 0) return { kind: "frame", frame: { kind: "end" }, length };
  const data = copyBytes(bytes, lineEnd + 2, length - 2);
  return { kind: "frame", frame: { kind: "data", bytes: data }, length };
}

/** A piece as a chunk; without bytes the last one. */
export function encodeChunk(bytes: Uint8Array): Uint8Array {
  const line = `${bytes.length.toString(16)}\r\n`;
  const out = new Uint8Array(line.length + bytes.length + 2);
  for (let at = 0; at < line.length; at++) out[at] = line.charCodeAt(at);
  out.set(bytes, line.length);
  out[out.length - 2] = 13;
  out[out.length - 1] = 10;
  return out;
}

/**
 * In the place of a chunk, between a guard and its legs: the rest of this body will not come. It
 * is no chunk of any size.
 */
export const BROKEN_OFF: readonly number[] = [33, 13, 10];

export function brokenOff(): Uint8Array {
  return Uint8Array.from(BROKEN_OFF);
}

export function isBrokenOff(bytes: Uint8Array): boolean {
  return bytes.length === BROKEN_OFF.length && bytes[0] === BROKEN_OFF[0];
}

/** @param length of all together */
export function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
