/** Lays messages out in chunks as the peer takes them: numbered, padded, signed, encrypted. */
import type { ChannelKeys, TokenKeys } from "./channel-keys.ts";
import {
  BLOCK,
  CHUNK_MAX,
  HEADER,
  NUMBER_LAST,
  SEQUENCE_HEADER,
  SIGNATURE,
  WORD,
} from "./chunk-layout.ts";
import type { TokenWindow } from "./token-window.ts";

export type Written =
  /** All chunks of the message, ready to leave. */
  | { readonly kind: "chunks"; readonly bytes: Buffer }
  /** More than the peer takes: nothing was used up, and another message may be sent. */
  | { readonly kind: "tooLarge"; readonly reason: string }
  /** The peer takes nothing any more: the channel was not renewed in time. */
  | { readonly kind: "expired"; readonly reason: string };

const BODY = HEADER + SEQUENCE_HEADER;
/** Chunks that are encrypted are laid out here: what leaves is what the cipher makes of them. */
const CLEAR = Buffer.alloc(CHUNK_MAX);

export class ChunkWriter {
  private readonly channel: ChannelKeys;
  private readonly window: TokenWindow;
  private number: number;

  constructor(channel: ChannelKeys, window: TokenWindow) {
    this.channel = channel;
    this.window = window;
    this.number = channel.nextSend;
  }

  /** The number that the next chunk gets. */
  get next(): number {
    return this.number;
  }

  /** @param parts of the body from the type on; looked at during the call only */
  write(requestId: number, parts: readonly Uint8Array[], nowMs: number): Written {
    return this.written(requestId, parts, nowMs, WORD.last);
  }

  /** The same for the message that closes the channel. */
  close(requestId: number, parts: readonly Uint8Array[], nowMs: number): Written {
    return this.written(requestId, parts, nowMs, WORD.close);
  }

  /** Of a chunk that somebody else makes; it must leave before any that is written after this. */
  takeNumber(): number {
    const { number } = this;
    this.number = number >= NUMBER_LAST ? 1 : number + 1;
    return number;
  }

  private written(
    requestId: number,
    parts: readonly Uint8Array[],
    nowMs: number,
    last: number,
  ): Written {
    const token = this.window.sending(nowMs);
    if (!token) return { kind: "expired", reason: "the secure channel was not renewed in time" };
    const length = lengthOf(parts);
    const max = bodyMax(this.channel.send.chunkMax, token);
    const reason = this.excess(length, Math.ceil(length / max));
    if (reason !== undefined) return { kind: "tooLarge", reason };
    const asked = { requestId, token };
    if (length <= max) {
      return { kind: "chunks", bytes: this.chunk({ ...asked, parts, length, word: last }) };
    }
    if (last === WORD.close) return { kind: "tooLarge", reason: "a farewell of several chunks" };
    const chunks: Buffer[] = [];
    for (const piece of pieces(parts, max)) {
      const isLast = (chunks.length + 1) * max >= length;
      const word = isLast ? WORD.last : WORD.more;
      chunks.push(this.chunk({ ...asked, parts: piece, length: lengthOf(piece), word }));
    }
    return { kind: "chunks", bytes: Buffer.concat(chunks) };
  }

  private excess(length: number, chunks: number): string | undefined {
    const { messageMax, chunksMax } = this.channel.send;
    if (messageMax > 0 && length > messageMax) return `${length} bytes, at most ${messageMax}`;
    if (chunksMax > 0 && chunks > chunksMax) return `${chunks} chunks, at most ${chunksMax}`;
    return undefined;
  }

  private chunk({ requestId, token, parts, length, word }: Chunk): Buffer {
    const { sealer, tokenId } = token;
    const signature = sealer ? SIGNATURE : 0;
    const padding = sealer?.isEncrypting ? paddingOf(SEQUENCE_HEADER + length + signature) : 0;
    const size = BODY + length + padding + signature;
    const chunk = padding > 0 ? CLEAR.subarray(0, size) : Buffer.allocUnsafe(size);
    chunk.writeUInt32LE(word, 0);
    chunk.writeUInt32LE(size, 4);
    chunk.writeUInt32LE(this.channel.channelId, 8);
    chunk.writeUInt32LE(tokenId, 12);
    chunk.writeUInt32LE(this.takeNumber(), HEADER);
    chunk.writeUInt32LE(requestId, HEADER + 4);
    let at = BODY;
    for (const part of parts) {
      chunk.set(part, at);
      at += part.length;
    }
    for (let left = padding; left > 0; left--) chunk[at++] = padding - 1;
    return sealer?.seal(chunk) ?? chunk;
  }
}

interface Chunk {
  readonly requestId: number;
  readonly token: TokenKeys;
  readonly parts: readonly Uint8Array[];
  /** Of the parts. */
  readonly length: number;
  readonly word: number;
}

/** To whole blocks, with the byte that says how many precede it. */
function paddingOf(bare: number): number {
  return BLOCK - (bare % BLOCK);
}

/** Bytes of a message that one chunk takes. */
function bodyMax(chunkMax: number, { sealer }: TokenKeys): number {
  const room = chunkMax - HEADER;
  if (!sealer) return room - SEQUENCE_HEADER;
  if (!sealer.isEncrypting) return room - SEQUENCE_HEADER - SIGNATURE;
  return room - (room % BLOCK) - SEQUENCE_HEADER - SIGNATURE - 1;
}

/** The same bytes in views of so many together. */
function* pieces(parts: readonly Uint8Array[], max: number): Iterable<readonly Uint8Array[]> {
  let piece: Uint8Array[] = [];
  let room = max;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + room);
      piece.push(taken);
      at += taken.length;
      room -= taken.length;
      if (room > 0) continue;
      yield piece;
      piece = [];
      room = max;
    }
  }
  if (piece.length > 0) yield piece;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
