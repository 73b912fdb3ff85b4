/**
 * Chunks of the messages that the legs pass as they are. The library encodes a message to a stream
 * and hands it through three emitters, which costs more than all else that happens to it; these
 * are bytes already, and are laid out at once: signed and encrypted by the library's own
 * functions, numbered by its own counter. Openings, what the legs decode and encode, and what
 * breaks a limit take the library's way.
 *
 * What is written is the same to the byte, which the tests hold it to.
 */
import { MessageSecurityMode } from "node-opcua-secure-channel";
import { MessageChunker } from "node-opcua-secure-channel/dist/source/message_chunker.js";
import { SequenceNumberGenerator } from "node-opcua-secure-channel/dist/source/sequence_number_generator.js";
import { StatusCodes } from "node-opcua-status-code";
import { RawAnswer, RawRequest } from "./raw-message.ts";

/** Of a chunk (OPC 10000-6, 6.7.2): message, channel and token; then number and request. */
const HEADER = 16;
const SEQUENCE_HEADER = 8;
/** `MSGF` and `MSGC`, as numbers. */
const [LAST, MORE] = [0x4647_534d, 0x4347_534d];
/** A byte says how much padding there is. */
const BLOCK_MAX = 256;

type Params = Parameters<MessageChunker["chunkSecureMessage"]>[1];
type Sends = Parameters<MessageChunker["chunkSecureMessage"]>[3];

/** What a chunk is secured with. */
interface Security {
  readonly signature: number;
  /** 0 where nothing is encrypted; as long in the clear as encrypted. */
  readonly block: number;
  readonly sign: ((bytes: Buffer) => Buffer) | undefined;
  readonly encrypt: ((bytes: Buffer) => Buffer) | undefined;
}

interface Sending {
  readonly params: Params;
  readonly security: Security;
  readonly counter: SequenceNumberGenerator;
  readonly sends: Sends;
}

/** Known from a chunker's first message on, which is an opening. */
const counters = new WeakMap<MessageChunker, SequenceNumberGenerator>();
const nextOf = SequenceNumberGenerator.prototype.next;
/** Whose message the library lays out just now. */
let sending: MessageChunker | undefined;
let isDone = false;

export function layOutRawChunks(): void {
  if (isDone) return;
  isDone = true;
  SequenceNumberGenerator.prototype.next = function noted() {
    if (sending) counters.set(sending, this);
    return nextOf.call(this);
  };
  const chunk = MessageChunker.prototype.chunkSecureMessage;
  MessageChunker.prototype.chunkSecureMessage = function chunked(type, params, message, sends) {
    const raw: unknown = message;
    const isRaw = raw instanceof RawRequest || raw instanceof RawAnswer;
    if (type === "MSG" && isRaw && wasSent(this, params, raw.encoded(), sends)) {
      return StatusCodes.Good;
    }
    const before = sending;
    sending = this;
    try {
      return chunk.call(this, type, params, message, sends);
    } finally {
      sending = before;
    }
  };
}

/** False if this one is for the library. */
function wasSent(
  chunker: MessageChunker,
  params: Params,
  parts: readonly Uint8Array[],
  sends: Sends,
): boolean {
  const counter = counters.get(chunker);
  const security = securityOf(chunker, params);
  if (!counter || !security) return false;
  const length = lengthOf(parts);
  const max = bodyMax(params.securityOptions.chunkSize, security);
  if (max <= 0 || length === 0 || !fits(chunker, length, max)) return false;
  const all = { params, security, counter, sends };
  if (length <= max) sends(chunkOf(parts, LAST, all));
  else sendPieces(Buffer.concat(parts), max, all);
  sends(null);
  return true;
}

/** Undefined where mode and functions do not say the same: what is right is the library's to say. */
function securityOf(
  { securityMode }: MessageChunker,
  { securityOptions }: Params,
): Security | undefined {
  const { signatureLength: signature, plainBlockSize: block, cipherBlockSize } = securityOptions;
  const { signBufferFunc: sign, encryptBufferFunc: encrypt } = securityOptions;
  const security = { signature, block, sign, encrypt };
  const isSigned = sign !== undefined && signature > 0;
  const isEncrypted = encrypt !== undefined && block > 0 && block <= BLOCK_MAX;
  switch (securityMode) {
    case MessageSecurityMode.None:
      return sign === undefined && signature === 0 && block === 0 ? security : undefined;
    case MessageSecurityMode.Sign:
      return isSigned && block === 0 ? security : undefined;
    case MessageSecurityMode.SignAndEncrypt:
      return isSigned && isEncrypted && cipherBlockSize === block ? security : undefined;
    default:
      return undefined;
  }
}

/** Bytes of a message that one chunk takes. */
function bodyMax(chunkSize: number, { signature, block }: Security): number {
  const room = chunkSize - HEADER;
  if (block === 0) return room - SEQUENCE_HEADER - signature;
  return room - (room % block) - SEQUENCE_HEADER - signature - 1;
}

function fits(
  { maxChunkCount, maxMessageSize }: MessageChunker,
  length: number,
  max: number,
): boolean {
  if (maxMessageSize > 0 && length > maxMessageSize) return false;
  return maxChunkCount <= 0 || Math.ceil(length / max) <= maxChunkCount;
}

function sendPieces(bytes: Uint8Array, max: number, all: Sending): void {
  for (let at = 0; at < bytes.length; at += max) {
    const isLast = at + max >= bytes.length;
    all.sends(chunkOf([bytes.subarray(at, at + max)], isLast ? LAST : MORE, all));
  }
}

function chunkOf(
  parts: readonly Uint8Array[],
  word: number,
  { params, security, counter }: Sending,
): Buffer {
  const { signature, block, sign, encrypt } = security;
  const bare = SEQUENCE_HEADER + lengthOf(parts) + signature;
  // With the byte that says how much there is.
  const padding = block === 0 ? 0 : block - (bare % block);
  const chunk = Buffer.allocUnsafe(HEADER + bare + padding);
  chunk.writeUInt32LE(word, 0);
  chunk.writeUInt32LE(chunk.length, 4);
  chunk.writeUInt32LE(params.channelId, 8);
  chunk.writeUInt32LE(tokenOf(params), 12);
  chunk.writeUInt32LE(nextOf.call(counter), HEADER);
  chunk.writeUInt32LE(params.securityOptions.requestId, HEADER + 4);
  let at = HEADER + SEQUENCE_HEADER;
  for (const part of parts) {
    chunk.set(part, at);
    at += part.length;
  }
  chunk.fill(padding - 1, at, at + padding);
  at += padding;
  if (sign) chunk.set(sign(chunk.subarray(0, at)), at);
  if (encrypt && block > 0) chunk.set(encrypt(chunk.subarray(HEADER)), HEADER);
  return chunk;
}

function tokenOf({ securityHeader }: Params): number {
  return "tokenId" in securityHeader ? securityHeader.tokenId : 0;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
