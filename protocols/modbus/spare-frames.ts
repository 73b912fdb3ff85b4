/**
 * Frames that nobody needs any more, to be used again: every polled read has one for the asset
 * and one for the client, and making an array costs as much as deciding on the read.
 *
 * Whoever gives a frame back must be the only one who had it.
 */

/** MODBUS Messaging Guide V1.0b, 3.1.3: header of 7 and PDU of up to 253 bytes. */
const LENGTH_MAX = 260;
/** Of one length: more are in use at once only in a burst. */
const KEPT_MAX = 512;

const spares: Uint8Array[][] = Array.from({ length: LENGTH_MAX + 1 }, () => []);

/** A frame of this length; what it holds is not defined. */
export function takeFrame(length: number): Uint8Array {
  return spares[length]?.pop() ?? new Uint8Array(length);
}

export function giveFrame(frame: Uint8Array): void {
  const kept = spares[frame.length];
  if (kept !== undefined && kept.length < KEPT_MAX) kept.push(frame);
}
