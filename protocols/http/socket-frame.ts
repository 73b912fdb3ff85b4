/**
 * WebSocket frames (RFC 6455, 5.2), version 13 without extensions. Frames of a client are masked,
 * those of an asset are not; a guard, which has no randomness, masks with zeroes.
 */
import { copyBytes } from "../copy-bytes.ts";
import { type Cut, INCOMPLETE } from "../inbox.ts";
import { malformed } from "./head.ts";

export interface SocketFrame {
  readonly opcode: number;
  /** The last of its message. */
  readonly final: boolean;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Live values of a panel are some kilobytes. */
export const PAYLOAD_MAX = 262_144;
const CONTROL_MAX = 125;

export const cutClientFrame = (bytes: Uint8Array) => cutFrame(bytes, true);
export const cutAssetFrame = (bytes: Uint8Array) => cutFrame(bytes, false);

function cutFrame(bytes: Uint8Array, masked: boolean): Cut<SocketFrame> {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < 2) return INCOMPLETE;
  const opcode = first & 0x0f;
  const final = first >= 0x80;
  if ((first & 0x70) !== 0) return malformed("a WebSocket extension that nobody agreed to");
  if (opcode > 10 || (opcode > 2 && opcode < 8)) return malformed("an unknown WebSocket frame");
  if (second >= 0x80 !== masked) return malformed("a WebSocket frame masked as it should not be");
  const size = lengthOf(bytes, second & 0x7f);
  if (size.kind !== "frame") return size;
  if (opcode >= 8 && (!final || size.frame > CONTROL_MAX)) return malformed("a long control frame");
  const start = size.length + (masked ? 4 : 0);
  const length = start + size.frame;
  if (bytes.length < length) return INCOMPLETE;
  const payload = copyBytes(bytes, start, length);
  if (masked) unmask(payload, copyBytes(bytes, size.length, start));
  return { kind: "frame", frame: { opcode, final, payload }, length };
}

function lengthOf(bytes: Uint8Array, short: number): Cut<number> {
  const more = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (bytes.length < 2 + more) return INCOMPLETE;
  let size = more === 0 ? short : 0;
  for (let at = 0; at < more; at++) size = size * 256 + (bytes[2 + at] ?? 0);
  if (size > PAYLOAD_MAX) return malformed("a WebSocket frame larger than any is taken");
  if (more > 0 && size < (more === 2 ? 126 : 65_536)) {
    return malformed("a length of a WebSocket frame that is not the shortest");
  }
  return { kind: "frame", frame: size, length: 2 + more };
}

function unmask(payload: Uint8Array, key: Uint8Array): void {
  for (let at = 0; at < payload.length; at++) {
    payload[at] = (payload[at] ?? 0) ^ (key[at & 3] ?? 0);
  }
}

export function encodeFrame({ opcode, final, payload }: SocketFrame, masked: boolean): Uint8Array {
  const { length } = payload;
  const more = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + more + (masked ? 4 : 0);
  const out = new Uint8Array(start + length);
  out[0] = (final ? 0x80 : 0) | opcode;
  out[1] = (masked ? 0x80 : 0) | (more === 0 ? length : more === 2 ? 126 : 127);
  for (let at = 0, rest = length; at < more; at++) {
    out[1 + more - at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  out.set(payload, start);
  return out;
}
