/**
 * Data of a channel as a message for the guard, without a copy of it where ssh2 hands on what it
 * decrypted: before it lies the head of its own packet, which nobody needs any more, and which is
 * just as long as the head of the message.
 *
 *     padding-length(1) number(1) channel(4) length(4) | data
 *                       length(4) number(1)  length(4) | data
 */
import { DATA_HEAD_LENGTH, encodeMessage, NUMBER } from "../../../protocols/ssh/message.ts";

/** Less is copied as quickly. */
const BULK_MIN = 2_048;
/**
 * Where the data of a packet begins in what was decrypted, which is memory of its own: arrays that
 * share theirs begin at multiples of eight, so that nothing of another's lies in front of this.
 */
const DATA_AT = 1 + DATA_HEAD_LENGTH;
const NUMBER_AT = 1;
const LENGTH_AT = DATA_AT - 4;

export function framedData(bytes: Buffer): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  if (length < BULK_MIN || byteOffset !== DATA_AT) return encodeMessage({ kind: "data", bytes });
  const view = new DataView(buffer);
  const isPacket = view.getUint8(NUMBER_AT) === NUMBER.data && view.getUint32(LENGTH_AT) === length;
  if (!isPacket) return encodeMessage({ kind: "data", bytes });
  view.setUint32(1, DATA_HEAD_LENGTH - 4 + length);
  view.setUint8(5, NUMBER.data);
  return new Uint8Array(buffer, 1, DATA_HEAD_LENGTH + length);
}
