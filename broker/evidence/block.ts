/**
 * The write-ahead format. A file begins with a head that names it; then come blocks, one a
 * group commit, without space between them. A block counts only if its file's id and its CRC
 * match: so a torn tail, and what an earlier use of a recycled file left behind, end the file.
 *
 *     head   = "SPWF" 00000002 id(8) n(4) key(n)                          4096 bytes with zeros
 *     block  = "SPWB" crc32(4) length(4) id(8) sealed(chunk*)             crc over all behind it
 *     chunk  = slot(4) flags(1) segment(4) offset(4) length(4) [n(1) session(n)] bytes
 *
 * Numbers are big-endian. `slot` stands for a session within one run of the broker; `offset` is
 * where the bytes belong in the plain segment, so that a hole or a repetition is noticed. The
 * session's id stands in the chunk that begins a segment: a file that is kept never depends on
 * one that was freed, since it is freed only when every segment begun in it is sealed.
 *
 * `key` and `sealed` are those of `block-seal.ts`. Version 1 had a head of 16 bytes, no key, and
 * its chunks were plain; what an older build left is still recovered.
 */
import { crc32 } from "node:zlib";
import { copyBytes } from "../../protocols/copy-bytes.ts";
import type { ByteWriter } from "../../protocols/tape/byte-writer.ts";

export const FILE_ID_LENGTH = 8;
export const FILE_HEAD_LENGTH = 4096;
const FILE_HEAD_LENGTH_1 = 16;
const FILE_KEY_AT = 20;
export const BLOCK_HEAD_LENGTH = 20;
const CHUNK_HEAD_LENGTH = 17;
const FILE_MAGIC = 0x53505746;
const FILE_VERSION = 2;
const BLOCK_MAGIC = 0x53505742;

/** The chunk begins its segment and names the session. */
export const BEGIN = 1;
/** The segment ends with this chunk. */
export const SEAL = 2;
/** The recording ends with this chunk. */
export const CLOSE = 4;

export interface Chunk {
  readonly slot: number;
  readonly flags: number;
  readonly segment: number;
  readonly offset: number;
  /** Given with `BEGIN`, else empty. */
  readonly session: string;
  /** Its bytes are those of `payload` from `start` to `end`. */
  readonly payload: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface FileHead {
  readonly id: Uint8Array;
  /** Where its blocks begin. */
  readonly length: number;
  /** The key of its blocks, wrapped; absent in version 1. */
  readonly key?: Uint8Array;
}

export function fileHead(id: Uint8Array, key: Uint8Array): Uint8Array {
  const head = Buffer.alloc(FILE_HEAD_LENGTH);
  head.writeUInt32BE(FILE_MAGIC, 0);
  head.writeUInt32BE(FILE_VERSION, 4);
  head.set(id, 8);
  head.writeUInt32BE(key.length, 16);
  head.set(key, FILE_KEY_AT);
  return head;
}

/** The head of a file that begins so; undefined if it is none of ours. */
export function readFileHead(head: Uint8Array): FileHead | undefined {
  if (head.length < FILE_HEAD_LENGTH_1) return undefined;
  const view = viewOf(head);
  if (view.getUint32(0) !== FILE_MAGIC) return undefined;
  const id = copyBytes(head, 8, 8 + FILE_ID_LENGTH);
  if (view.getUint32(4) === 1) return { id, length: FILE_HEAD_LENGTH_1 };
  if (view.getUint32(4) !== FILE_VERSION || head.length < FILE_HEAD_LENGTH) return undefined;
  const end = FILE_KEY_AT + view.getUint32(16);
  if (end > FILE_HEAD_LENGTH) return undefined;
  return { id, length: FILE_HEAD_LENGTH, key: copyBytes(head, FILE_KEY_AT, end) };
}

/** Fills in the head of a block whose chunks stand behind the room left for it. */
export function finishBlock(block: Uint8Array, id: Uint8Array): void {
  const view = viewOf(block);
  view.setUint32(0, BLOCK_MAGIC);
  view.setUint32(8, block.length - BLOCK_HEAD_LENGTH);
  block.set(id, 12);
  view.setUint32(4, crc32(block.subarray(8)));
}

/** Length of the payload that a block with this head must have; undefined if it is no block's. */
export function blockLength(head: Uint8Array, id: Uint8Array): number | undefined {
  if (head.length < BLOCK_HEAD_LENGTH) return undefined;
  const view = viewOf(head);
  const known = view.getUint32(0) === BLOCK_MAGIC && id.every((byte, i) => byte === head[12 + i]);
  return known ? view.getUint32(8) : undefined;
}

/** Whether the block, head included, is as it was written. */
export function isWholeBlock(block: Uint8Array): boolean {
  return viewOf(block).getUint32(4) === crc32(block.subarray(8));
}

/** Writes a chunk's head and answers where; `growChunk` counts what is put behind it. */
export function openChunk(
  out: ByteWriter,
  slot: number,
  flags: number,
  segment: number,
  offset: number,
  session: string,
): number {
  const named = (flags & BEGIN) !== 0;
  out.reserve(CHUNK_HEAD_LENGTH + (named ? 1 + session.length : 0));
  const start = out.length;
  const bytes = out.bytes;
  putUint32(bytes, start, slot);
  bytes[start + 4] = flags;
  putUint32(bytes, start + 5, segment);
  putUint32(bytes, start + 9, offset);
  putUint32(bytes, start + 13, 0);
  out.length += CHUNK_HEAD_LENGTH;
  if (named) putSession(out, session);
  return start;
}

/** Sets the length of the chunk that stands at `start` to `length`. */
export function sizeChunk(out: ByteWriter, start: number, length: number): void {
  putUint32(out.bytes, start + 13, length);
}

/** The chunks of a block's payload, each by itself. */
export function* readChunks(payload: Uint8Array): Generator<Chunk> {
  const reader = new ChunkReader(payload);
  while (reader.next()) {
    const { slot, flags, segment, offset, session, start, end } = reader;
    yield { slot, flags, segment, offset, session, payload, start, end };
  }
}

/**
 * The chunk of a block's payload at which it stands: there are two for each polled read, and an
 * object for each would be garbage at once. Stops at what is none: a block with a right CRC has
 * only these.
 */
export class ChunkReader implements Chunk {
  readonly payload: Uint8Array;
  slot = 0;
  flags = 0;
  segment = 0;
  offset = 0;
  session = "";
  start = 0;
  end = 0;

  constructor(payload: Uint8Array) {
    this.payload = payload;
  }

  /** Goes to the next one; false if there is none. */
  next(): boolean {
    const { payload, end: at } = this;
    if (at + CHUNK_HEAD_LENGTH > payload.length) return false;
    const flags = payload[at + 4] ?? 0;
    const length = uint32At(payload, at + 13);
    let start = at + CHUNK_HEAD_LENGTH;
    let session = "";
    if ((flags & BEGIN) !== 0) {
      const nameEnd = start + 1 + (payload[start] ?? 0);
      session = Buffer.from(payload.subarray(start + 1, nameEnd)).toString("latin1");
      start = nameEnd;
    }
    if (start + length > payload.length) return false;
    this.slot = uint32At(payload, at);
    this.flags = flags;
    this.segment = uint32At(payload, at + 5);
    this.offset = uint32At(payload, at + 9);
    this.session = session;
    this.start = start;
    this.end = start + length;
    return true;
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const low = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  return high * 0x1_0000 + low;
}

function putSession(out: ByteWriter, session: string): void {
  out.bytes[out.length++] = session.length;
  for (let i = 0; i < session.length; i++) out.bytes[out.length++] = session.charCodeAt(i);
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
