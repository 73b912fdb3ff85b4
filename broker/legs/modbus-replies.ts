/**
 * Cuts a Modbus connection's replies out of its byte stream, without copying where they are
 * whole. What a reply means is the guard's business.
 */
import { FRAME_LENGTH_MAX, frameFault, frameLength } from "../../protocols/modbus/frame.ts";

export interface TakesReplies {
  /** Takes one whole reply; answers false if reading must stop here. */
  take(buffer: Uint8Array, start: number, length: number): boolean;
}

export class ModbusReplies {
  /** The beginning of a reply whose rest has not come yet. */
  private readonly carry = new Uint8Array(FRAME_LENGTH_MAX);
  private held = 0;

  /** Answers why the stream cannot be trusted, or undefined. */
  push(bytes: Uint8Array, to: TakesReplies): string | undefined {
    let at = 0;
    if (this.held > 0) {
      const piece = bytes.subarray(0, FRAME_LENGTH_MAX - this.held);
      this.carry.set(piece, this.held);
      const length = frameLength(this.carry, 0, this.held + piece.length);
      if (length < 0) return frameFault(length);
      if (length === 0) this.held += piece.length;
      if (length === 0) return undefined;
      at = length - this.held;
      this.held = 0;
      if (!to.take(this.carry, 0, length)) return undefined;
    }
    return this.whole(bytes, at, to);
  }

  clear(): void {
    this.held = 0;
  }

  private whole(bytes: Uint8Array, start: number, to: TakesReplies): string | undefined {
    let at = start;
    while (at < bytes.length) {
      const length = frameLength(bytes, at, bytes.length);
      if (length < 0) return frameFault(length);
      if (length === 0) break;
      at += length;
      if (!to.take(bytes, at - length, length)) return undefined;
    }
    this.held = bytes.length - at;
    if (this.held > 0) this.carry.set(bytes.subarray(at));
    return undefined;
  }
}

/** Why what a reply says of itself does not fit the request; undefined where it does. */
export function mismatch(request: Uint8Array, unit: number, code: number): string | undefined {
  if (unit !== request[6]) return `the asset answered as unit ${unit}, not ${request[6]}`;
  if ((code & 0x7f) === request[7]) return undefined;
  return `the asset answered function ${code & 0x7f}, not ${request[7]}`;
}

/** By length: a reply is delivered during a call, and a view for each would be garbage at once. */
const replies: Uint8Array[] = [];
const reply = new Uint8Array(FRAME_LENGTH_MAX);

/** One whole reply, good until the next is asked for. */
export function replyBytes(buffer: Uint8Array, start: number, length: number): Uint8Array {
  while (replies.length <= length) replies.push(reply.subarray(0, replies.length));
  for (let at = 0; at < length; at++) reply[at] = buffer[start + at] ?? 0;
  return replies[length] ?? buffer.subarray(start, start + length);
}
