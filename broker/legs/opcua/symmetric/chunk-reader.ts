/**
 * Opens the chunks of one peer and puts messages together. Nothing of a chunk counts before its
 * signature has been found right but what says which keys to use; a message is given out only
 * whole. The first fault is the last thing that this reader says.
 */

import type { ChannelKeys, TokenKeys } from "./channel-keys.ts";
import { type ChunkFault, chunkFault } from "./chunk-fault.ts";
import { BLOCK, follows, HEADER, SEQUENCE_HEADER, SIGNATURE, WORD } from "./chunk-layout.ts";
import { printable } from "./error-chunk.ts";
import type { TokenWindow } from "./token-window.ts";

export type Read =
  /** More chunks of this message come. */
  | { readonly kind: "part" }
  /** `body` from the type on: a view of what was read, or of what was decrypted. */
  | { readonly kind: "message"; readonly requestId: number; readonly body: Buffer }
  /** That message alone is over; `reason` is the peer's, cut and made fit to print. */
  | Aborted
  /** The peer has closed the channel. */
  | { readonly kind: "closed" }
  | ChunkFault;

interface Aborted {
  readonly kind: "aborted";
  readonly requestId: number;
  readonly status: number;
  readonly reason: string;
}

/** A chunk in the clear: what counts of it ends before padding and signature. */
interface Opened {
  readonly kind: "opened";
  readonly bytes: Buffer;
  readonly end: number;
}

const PART = { kind: "part" } as const;
const CLOSED = { kind: "closed" } as const;
const BODY = HEADER + SEQUENCE_HEADER;

export class ChunkReader {
  private readonly channel: ChannelKeys;
  private readonly window: TokenWindow;
  /** Number of the last chunk. */
  private previous: number;
  /** Bodies of a message that is not whole yet. */
  private parts: Buffer[] = [];
  private length = 0;
  private requestId = 0;
  private fault: ChunkFault | undefined;

  constructor(channel: ChannelKeys, window: TokenWindow) {
    this.channel = channel;
    this.window = window;
    this.previous = channel.nextReceive - 1;
  }

  /** The number that the next chunk has, unless the peer begins anew. */
  get expected(): number {
    return this.previous + 1;
  }

  /**
   * A chunk of the peer was opened by somebody else, and counts among these.
   * @returns false if it cannot have that number: the channel cannot go on
   */
  passOver(number = this.expected): boolean {
    if (this.fault || !follows(this.previous, number)) return false;
    this.previous = number;
    return true;
  }

  /** @param chunk whole, as it came */
  read(chunk: Buffer, nowMs: number): Read {
    if (this.fault) return this.fault;
    const read = this.chunk(chunk, nowMs);
    if (read.kind !== "fault") return read;
    this.fault = read;
    this.forget();
    return read;
  }

  private chunk(chunk: Buffer, nowMs: number): Read {
    const opened = this.opened(chunk, nowMs);
    if (opened.kind === "fault") return opened;
    const { bytes, end } = opened;
    const number = bytes.readUInt32LE(HEADER);
    if (!follows(this.previous, number)) {
      return chunkFault("sequence", `chunk ${number} came after chunk ${this.previous}`);
    }
    this.previous = number;
    const word = bytes.readUInt32LE(0);
    if (word === WORD.close) return CLOSED;
    const requestId = bytes.readUInt32LE(HEADER + 4);
    if (requestId === 0) return chunkFault("request", "a request without a number");
    if (this.parts.length > 0 && requestId !== this.requestId) {
      return chunkFault("request", "a message within another");
    }
    const body = bytes.subarray(BODY, end);
    if (word === WORD.aborted) return this.aborted(requestId, body);
    return this.message(requestId, body, word === WORD.last);
  }

  /** Decrypted and genuine, or why not. */
  private opened(chunk: Buffer, nowMs: number): Opened | ChunkFault {
    const { length } = chunk;
    if (length < BODY || length > this.channel.receive.chunkMax) {
      return chunkFault("size", `a chunk of ${length} bytes`);
    }
    if (chunk.readUInt32LE(4) !== length) {
      return chunkFault("size", `a chunk of ${length} bytes says ${chunk.readUInt32LE(4)}`);
    }
    if (!WORDS.has(chunk.readUInt32LE(0))) return chunkFault("type", "a chunk of unknown type");
    if (chunk.readUInt32LE(8) !== this.channel.channelId) {
      return chunkFault("channel", `a chunk of channel ${chunk.readUInt32LE(8)}`);
    }
    const tokenId = chunk.readUInt32LE(12);
    const token = this.window.receiving(tokenId, nowMs);
    if (!token) return chunkFault("token", `a chunk under token ${tokenId}`);
    const opened = openedWith(token, chunk);
    if (opened.kind === "opened") this.window.heard(token);
    return opened;
  }

  private message(requestId: number, body: Buffer, isLast: boolean): Read {
    const { parts } = this;
    const { messageMax, chunksMax } = this.channel.receive;
    this.length += body.length;
    if (this.length > messageMax) {
      return chunkFault("tooLarge", `a message of more than ${messageMax} bytes`);
    }
    if (parts.length >= chunksMax) {
      return chunkFault("tooLarge", `a message of more than ${chunksMax} chunks`);
    }
    if (isLast && parts.length === 0) {
      this.length = 0;
      return { kind: "message", requestId, body };
    }
    parts.push(body);
    this.requestId = requestId;
    if (!isLast) return PART;
    const whole = Buffer.concat(parts, this.length);
    this.forget();
    return { kind: "message", requestId, body: whole };
  }

  /** Its body says why (OPC 10000-6, 7.3): a status and words. */
  private aborted(requestId: number, body: Buffer): Aborted | ChunkFault {
    this.forget();
    const words = body.length < 8 ? -2 : body.readInt32LE(4);
    if (words < -1 || Math.max(0, words) !== body.length - 8) {
      return chunkFault("abort", "a message was taken back in words that cannot be read");
    }
    const reason = printable(body.subarray(8));
    return { kind: "aborted", requestId, status: body.readUInt32LE(0), reason };
  }

  private forget(): void {
    this.parts = [];
    this.length = 0;
    this.requestId = 0;
  }
}

const WORDS: ReadonlySet<number> = new Set(Object.values(WORD));

function openedWith({ opener }: TokenKeys, chunk: Buffer): Opened | ChunkFault {
  if (!opener) return { kind: "opened", bytes: chunk, end: chunk.length };
  const { isDecrypting } = opener;
  const least = BODY + SIGNATURE + (isDecrypting ? 1 : 0);
  if (chunk.length < least || (isDecrypting && (chunk.length - HEADER) % BLOCK !== 0)) {
    return chunkFault("size", `a chunk of ${chunk.length} bytes`);
  }
  const bytes = opener.open(chunk);
  if (!bytes) return chunkFault("signature", "a chunk with a wrong signature");
  const end = bytes.length - SIGNATURE;
  if (!isDecrypting) return { kind: "opened", bytes, end };
  const padded = unpaddedEnd(bytes, end);
  if (padded === undefined) return chunkFault("padding", "a chunk with wrong padding");
  return { kind: "opened", bytes, end: padded };
}

/**
 * Where the padding begins: some bytes that say how many precede the last one. Up to a block: the
 * standard's formula pads with a whole one where none is needed, most peers with nothing.
 */
function unpaddedEnd(bytes: Buffer, end: number): number | undefined {
  const size = bytes[end - 1] ?? 0;
  const start = end - 1 - size;
  if (size > BLOCK || start < BODY) return undefined;
  for (let at = start; at < end; at++) if (bytes[at] !== size) return undefined;
  return start;
}
