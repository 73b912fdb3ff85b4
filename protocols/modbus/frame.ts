/**
 * Modbus TCP framing: the seven-byte MBAP header and one PDU.
 * MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3.
 *
 *     0001 0000 0006 03 06 0064 07d0
 *     |    |    |    |  PDU: function 6, address 100, value 2000
 *     |    |    |    unit
 *     |    |    length of what follows
 *     |    protocol, always 0
 *     transaction
 *
 * What cannot be framed ends the channel: where the next frame begins is a guess, and a guess
 * is how a filter and a device come to see different requests.
 */
import { takeFrame } from "./spare-frames.ts";
import { byteAt, setWord, wordAt } from "./words.ts";

export const HEADER_LENGTH = 7;
/** MODBUS Application Protocol V1.1b3, 4.1: a serial ADU of 256 less address and CRC. */
export const PDU_LENGTH_MAX = 253;
export const FRAME_LENGTH_MAX = HEADER_LENGTH + PDU_LENGTH_MAX;

/** Not all of the frame is there yet. */
export const FRAME_INCOMPLETE = 0;
export const FRAME_FOREIGN = -1;
export const FRAME_LENGTH_WRONG = -2;

/**
 * Length of the frame that starts at `start`, or one of the (non-positive) constants above. A
 * number and not an object: this runs for every frame. Says "malformed" as soon as it can be
 * known, so that a peer that speaks another protocol is not waited for.
 */
export function frameLength(bytes: Uint8Array, start: number, end: number): number {
  const held = end - start;
  if (held > 2 && byteAt(bytes, start + 2) !== 0) return FRAME_FOREIGN;
  if (held > 3 && byteAt(bytes, start + 3) !== 0) return FRAME_FOREIGN;
  if (held < 6) return held > 4 && byteAt(bytes, start + 4) !== 0 ? FRAME_LENGTH_WRONG : 0;
  // The length counts the unit and the PDU, and a PDU has at least its function code.
  const length = wordAt(bytes, start + 4);
  if (length < 2 || length > 1 + PDU_LENGTH_MAX) return FRAME_LENGTH_WRONG;
  return held < 6 + length ? FRAME_INCOMPLETE : 6 + length;
}

export function frameFault(code: number): string {
  return code === FRAME_FOREIGN
    ? "not Modbus TCP: the protocol identifier is not 0"
    : "not Modbus TCP: the length is not that of a unit and a PDU of 1 to 253 bytes";
}

export function frameTransaction(bytes: Uint8Array, start: number): number {
  return wordAt(bytes, start);
}

export function frameUnit(bytes: Uint8Array, start: number): number {
  return byteAt(bytes, start + 6);
}

/** A fresh frame with room for a PDU of `pduLength` at `HEADER_LENGTH`. */
export function newFrame(transaction: number, unit: number, pduLength: number): Uint8Array {
  const length = HEADER_LENGTH + pduLength;
  const bytes = takeFrame(length);
  for (let at = 0; at < length; at++) bytes[at] = 0;
  setWord(bytes, 0, transaction);
  setWord(bytes, 4, pduLength + 1);
  bytes[6] = unit;
  return bytes;
}

export function exceptionFrame(
  transaction: number,
  unit: number,
  functionCode: number,
  exception: number,
): Uint8Array {
  const bytes = newFrame(transaction, unit, 2);
  bytes[HEADER_LENGTH] = functionCode | 0x80;
  bytes[HEADER_LENGTH + 1] = exception;
  return bytes;
}
