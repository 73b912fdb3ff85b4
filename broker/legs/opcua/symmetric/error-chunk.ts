/** The last word of a side that ends the connection (OPC 10000-6, 7.1.2.5): in the clear. */

const HEAD = 16;
/** `ERRF`. */
const ERROR = 0x4652_5245;
/** Parts of it may be the peer's words, and they go into sentences. */
const WORDS_MAX = 200;

export function errorChunk(status: number, reason: string): Buffer {
  const words = Buffer.from(printable(Buffer.from(reason, "utf8")), "latin1");
  const chunk = Buffer.allocUnsafe(HEAD + words.length);
  chunk.writeUInt32LE(ERROR, 0);
  chunk.writeUInt32LE(chunk.length, 4);
  chunk.writeUInt32LE(status >>> 0, 8);
  chunk.writeUInt32LE(words.length, 12);
  chunk.set(words, HEAD);
  return chunk;
}

/** What a peer said; nothing in it can be relied on, so one that cannot be read says nothing. */
export function errorIn(chunk: Buffer): { readonly status: number; readonly reason: string } {
  if (chunk.length < 12) return { status: 0, reason: "" };
  return { status: chunk.readUInt32LE(8), reason: printable(chunk.subarray(HEAD)) };
}

/** Bytes that a peer wrote, as words that may stand anywhere. */
export function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, WORDS_MAX))
    .toString("latin1")
    .replace(/[^\x20-\x7e]/g, " ")
    .trim();
}
