/**
 * The library takes a buffer of the largest chunk for each message, 64 KB for an answer of a
 * hundred bytes, and who asks without being signed in need not read its answers: what waits for
 * him would be hundreds of times what is counted. Here a message gets a buffer of its own size.
 * What is written is the same to the byte.
 */
import { MessageChunker } from "node-opcua-secure-channel/dist/source/message_chunker.js";

/** Headers, signature and padding of a chunk have some 100 bytes. */
const AROUND_MAX = 256;
/** Buffers below 4 KB are cut from a common one. */
const SMALLEST = 1_024;

let isDone = false;

export function rightSizedChunks(): void {
  if (isDone) return;
  isDone = true;
  Object.assign(MessageChunker, { minimumMessageSizeHint: SMALLEST });
  const prepare = MessageChunker.prototype.prepareChunk;
  MessageChunker.prototype.prepareChunk = function prepared(type, params, length) {
    const { securityOptions } = params;
    // Opening has signatures of any size, and is rare.
    if (type === "MSG") {
      securityOptions.chunkSize = Math.min(securityOptions.chunkSize, length + AROUND_MAX);
    }
    return prepare.call(this, type, params, length);
  };
}
