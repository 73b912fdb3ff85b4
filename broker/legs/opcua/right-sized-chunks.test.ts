import { MessageSecurityMode, SymmetricAlgorithmSecurityHeader } from "node-opcua-secure-channel";
import { MessageChunker } from "node-opcua-secure-channel/dist/source/message_chunker.js";
import { expect, test } from "vitest";
import { RawRequest } from "./raw-message.ts";
import { rightSizedChunks } from "./right-sized-chunks.ts";

const CHUNK_MAX = 65_535;

/** The chunks of a message as they leave, without and with a signature and blocks of a cipher. */
function chunksOf(length: number, secured: boolean): readonly Buffer[] {
  const securityMode = secured ? MessageSecurityMode.SignAndEncrypt : MessageSecurityMode.None;
  const chunker = new MessageChunker({ securityMode });
  const chunks: Buffer[] = [];
  const blocks = { signatureLength: 32, plainBlockSize: 16, cipherBlockSize: 16 };
  const own = {
    ...blocks,
    signBufferFunc: (bytes: Buffer) => Buffer.alloc(32, bytes.length & 0xff),
    encryptBufferFunc: (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0x5a)),
  };
  const none = { signatureLength: 0, plainBlockSize: 0, cipherBlockSize: 0 };
  const params = {
    channelId: 7,
    securityHeader: new SymmetricAlgorithmSecurityHeader({ tokenId: 3 }),
    securityOptions: {
      ...{ channelId: 7, requestId: 9, chunkSize: CHUNK_MAX, sequenceHeaderSize: 0 },
      ...(secured ? own : none),
    },
  };
  const body = Uint8Array.from({ length }, (_, at) => at * 7);
  const message = new RawRequest(634, [body], 0);
  chunker.chunkSecureMessage("MSG", params as never, message as never, (chunk) => {
    if (chunk) chunks.push(Buffer.from(chunk));
  });
  return chunks;
}

const LENGTHS = [1, 40, 41, 255, 256, 1_000, 4_095, 65_000, 65_200, 65_490, 65_535, 200_000];

test("what is written is the same to the byte, whatever its length and its security", () => {
  const before = LENGTHS.flatMap((length) => [chunksOf(length, false), chunksOf(length, true)]);
  rightSizedChunks();
  const after = LENGTHS.flatMap((length) => [chunksOf(length, false), chunksOf(length, true)]);
  expect(before.map((chunks) => chunks.length)).toContain(4);
  expect(after).toEqual(before);
});
