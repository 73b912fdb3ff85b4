/**
 * Writes packets of AES-GCM (RFC 5647) with less than ssh2 takes for it: bulk is encrypted from
 * where it lies instead of being copied into a packet first, padding comes from bytes drawn many
 * at a time, and what surrounds the data leaves in two pieces.
 *
 *     length(4) | encrypted: padding-length(1) number(1) channel(4) length(4) | data | padding | tag
 *
 * It reaches into ssh2, whose version is pinned; ciphers of another kind are left as they are.
 */
import { type CipherGCM, createCipheriv, type KeyObject, randomFillSync } from "node:crypto";

export interface PacketProtocol {
  readonly _cipher: object;
  /** Ours, while keys are exchanged: what is sent meanwhile waits. */
  readonly _kexinit: Buffer | undefined;
  channelData(channel: number, data: Buffer): void;
}

/** ssh2's, where it has no binding of its own to OpenSSL. */
interface GcmCipher {
  readonly _encSSLName: "aes-128-gcm" | "aes-256-gcm";
  readonly _encKey: Buffer | KeyObject;
  readonly _encIV: Buffer;
  readonly _dead: boolean;
  outSeqno: number;
  _onWrite(bytes: Buffer): void;
  allocPacket(payloadLength: number): Buffer;
  encrypt(packet: Buffer): void;
}

const CHANNEL_DATA = 94;
const BLOCK = 16;
const PADDING_MIN = 4;
const LENGTH_BYTES = 4;
/** Of the data's message (RFC 4254, 5.2), behind the padding's length. */
const DATA_HEAD = 9;
/** From here on to copy the data costs more than to encrypt in pieces. */
const BULK_MIN = 2_048;
/** The counter of a nonce stands behind four fixed bytes (RFC 5647, 7.1). */
const COUNTER_AT = 4;

/** As the ciphers of a connection are made. */
export function quickenGcm(cipher: object): void {
  if (!isGcm(cipher)) return;
  cipher.allocPacket = (payloadLength) => {
    const padding = paddingFor(1 + payloadLength);
    const packet = Buffer.allocUnsafe(LENGTH_BYTES + 1 + payloadLength + padding);
    packet.writeUInt32BE(packet.length - LENGTH_BYTES, 0);
    packet[LENGTH_BYTES] = padding;
    putRandom(packet, packet.length - padding);
    return packet;
  };
  cipher.encrypt = (packet) => {
    if (cipher._dead) return;
    const head = packet.subarray(0, LENGTH_BYTES);
    const gcm = packetCipher(cipher, head);
    const body = gcm.update(packet.subarray(LENGTH_BYTES));
    finish(cipher, gcm, [head, body], NO_BYTES);
  };
}

/** Once for a connection: its data, whatever cipher it has then. */
export function quickenData(protocol: PacketProtocol): void {
  const { channelData } = protocol;
  protocol.channelData = (channel, data) => {
    const { _cipher: cipher } = protocol;
    const isBulk = data.length >= BULK_MIN && protocol._kexinit === undefined;
    if (isBulk && isGcm(cipher)) encryptData(cipher, channel, data);
    else channelData.call(protocol, channel, data);
  };
}

function encryptData(cipher: GcmCipher, channel: number, data: Buffer): void {
  if (cipher._dead) return;
  const padding = paddingFor(1 + DATA_HEAD + data.length);
  const head = Buffer.allocUnsafe(LENGTH_BYTES + 1 + DATA_HEAD);
  head.writeUInt32BE(1 + DATA_HEAD + data.length + padding, 0);
  head[LENGTH_BYTES] = padding;
  head[5] = CHANNEL_DATA;
  head.writeUInt32BE(channel, 6);
  head.writeUInt32BE(data.length, 10);
  const tail = Buffer.allocUnsafe(padding);
  putRandom(tail, 0);
  const gcm = packetCipher(cipher, head.subarray(0, LENGTH_BYTES));
  head.set(gcm.update(head.subarray(LENGTH_BYTES)), LENGTH_BYTES);
  const body = gcm.update(data);
  finish(cipher, gcm, [head, body], gcm.update(tail));
}

function packetCipher(cipher: GcmCipher, length: Buffer): CipherGCM {
  const gcm = createCipheriv(cipher._encSSLName, cipher._encKey, cipher._encIV);
  gcm.setAAD(length);
  return gcm;
}

/** No nonce is ever used twice: the next packet's is counted up before anything is handed on. */
function finish(cipher: GcmCipher, gcm: CipherGCM, parts: readonly Buffer[], tail: Buffer): void {
  gcm.final();
  countUp(cipher._encIV);
  cipher.outSeqno = (cipher.outSeqno + 1) >>> 0;
  for (const part of parts) cipher._onWrite(part);
  const tag = gcm.getAuthTag();
  cipher._onWrite(tail.length > 0 ? Buffer.concat([tail, tag]) : tag);
}

function countUp(nonce: Buffer): void {
  for (let at = nonce.length - 1; at >= COUNTER_AT; at--) {
    const next = ((nonce[at] ?? 0) + 1) & 0xff;
    nonce[at] = next;
    if (next !== 0) return;
  }
}

function paddingFor(length: number): number {
  const padding = BLOCK - (length % BLOCK);
  return padding < PADDING_MIN ? padding + BLOCK : padding;
}

function isGcm(cipher: object): cipher is GcmCipher {
  return "_encIV" in cipher && "_encSSLName" in cipher && "_encKey" in cipher;
}

const NO_BYTES = Buffer.alloc(0);

/** Drawn at once: to ask for a few bytes costs as much as for some thousand. */
const drawn = Buffer.allocUnsafe(4_096);
let drawnAt = drawn.length;

/** Fills the rest with bytes that are given out once. */
function putRandom(target: Buffer, from: number): void {
  const count = target.length - from;
  if (drawnAt + count > drawn.length) {
    randomFillSync(drawn);
    drawnAt = 0;
  }
  target.set(drawn.subarray(drawnAt, drawnAt + count), from);
  drawnAt += count;
}
