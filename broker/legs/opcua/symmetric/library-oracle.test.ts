/**
 * Our chunks and the library's are the same to the byte, in both directions; whatever one side
 * writes the other reads.
 */
import fc from "fast-check";
import { setErrorLogger } from "node-opcua-debug";
import {
  getOptionsForSymmetricSignAndEncrypt,
  MessageSecurityMode,
  SymmetricAlgorithmSecurityHeader,
} from "node-opcua-secure-channel";
import { MessageChunker } from "node-opcua-secure-channel/dist/source/message_chunker.js";
import { SequenceNumberGenerator } from "node-opcua-secure-channel/dist/source/sequence_number_generator.js";
import { beforeAll, expect, test } from "vitest";
import {
  bytesOf,
  CHANNEL_ID,
  chunksIn,
  derivedBy,
  endOf,
  libraryReads,
  SECURITIES,
  sentBy,
  TOKEN_ID,
} from "../../../../test/kit/opcua-secured.ts";
import { RawRequest } from "../raw-message.ts";
import type { ChannelSecurity } from "../security.ts";
import type { HandedLimits, Role } from "./channel-keys.ts";

interface Message {
  readonly requestId: number;
  readonly length: number;
}

const ROLES: readonly Role[] = ["client", "server"];
/** As a message of this type begins. */
const TYPE = Buffer.from([1, 0, 0x7a, 2]);
const TYPE_ID = 634;

beforeAll(() => setErrorLogger(() => undefined));

/** What the library sends for these, one after another; `undefined` where it refuses. */
function librarySends(
  security: ChannelSecurity,
  role: Role,
  { chunkMax, messageMax, chunksMax }: HandedLimits,
  messages: readonly Message[],
): readonly (string | undefined)[] {
  const securityMode = MessageSecurityMode[security.mode];
  const maxMessageSize = messageMax;
  const chunker = new MessageChunker({ securityMode, maxMessageSize, maxChunkCount: chunksMax });
  const pair = derivedBy(security, TOKEN_ID);
  const keys = role === "client" ? pair?.derivedClientKeys : pair?.derivedServerKeys;
  const none = { signatureLength: 0, plainBlockSize: 0, cipherBlockSize: 0 };
  const secured = keys ? getOptionsForSymmetricSignAndEncrypt(securityMode, keys as never) : none;
  return messages.map(({ requestId, length }) => {
    const chunks: Buffer[] = [];
    const params = {
      channelId: CHANNEL_ID,
      securityHeader: new SymmetricAlgorithmSecurityHeader({ tokenId: TOKEN_ID }),
      securityOptions: { ...secured, requestId, chunkSize: chunkMax, sequenceHeaderSize: 0 },
    };
    const message = new RawRequest(TYPE_ID, [bytesOf(length)], 0);
    chunker.chunkSecureMessage("MSG", params as never, message as never, (chunk) => {
      if (chunk) chunks.push(chunk);
    });
    return chunks.length === 0 ? undefined : Buffer.concat(chunks).toString("hex");
  });
}

function weSend(
  security: ChannelSecurity,
  role: Role,
  send: HandedLimits,
  messages: readonly Message[],
): readonly (string | undefined)[] {
  const { writer } = endOf(security, role, { send });
  return messages.map(({ requestId, length }) => {
    const body = bytesOf(length);
    const half = length >> 1;
    const written = writer.write(requestId, [TYPE, body.subarray(0, half), body.subarray(half)], 0);
    return written.kind === "chunks" ? written.bytes.toString("hex") : undefined;
  });
}

/** Around blocks, and around one, two and three chunks of 8,192 bytes in each mode. */
const LENGTHS = [
  ...Array.from({ length: 70 }, (_, at) => at),
  ...[100, 255, 256, 257, 1_000, 4_095, 4_096],
  ...[8_192, 16_320, 24_400].flatMap((near) => Array.from({ length: 90 }, (_, at) => near - at)),
  ...[65_535, 200_000],
];

for (const security of SECURITIES) {
  const name = `${security.policy}, ${security.mode}`;

  test(`what leaves is the library's to the byte: ${name}`, () => {
    for (const role of ROLES) {
      const limits = { chunkMax: 8_192, messageMax: 0, chunksMax: 0 };
      const messages = LENGTHS.map((length, at) => ({ requestId: at + 1, length }));
      expect(weSend(security, role, limits, messages)).toEqual(
        librarySends(security, role, limits, messages),
      );
    }
  });

  test(`so it is with any limits of the peer: ${name}`, () => {
    const limits = fc.record({
      chunkMax: fc.oneof(
        fc.integer({ min: 8_192, max: 8_210 }),
        fc.constantFrom(1_024, 16_000, 65_535),
      ),
      messageMax: fc.constantFrom(0, 30_000, 1_000_000),
      chunksMax: fc.constantFrom(0, 1, 2, 100),
    });
    const message = fc.record({
      requestId: fc.integer({ min: 1, max: 0xffff_ffff }),
      length: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 70_000 })),
    });
    const messages = fc.array(message, { minLength: 1, maxLength: 5 });
    let refused = 0;
    fc.assert(
      fc.property(limits, messages, (each, all) => {
        const sent = weSend(security, "server", each, all);
        expect(sent).toEqual(librarySends(security, "server", each, all));
        refused += sent.filter((one) => one === undefined).length;
      }),
      { numRuns: 40, seed: 11 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  test(`what either writes the other reads: ${name}`, () => {
    for (const role of ROLES) {
      const limits = { chunkMax: 8_192, messageMax: 0, chunksMax: 0 };
      const lengths = LENGTHS.filter((_, at) => at % 3 === 0);
      const messages = lengths.map((length, at) => ({ requestId: at + 1, length }));
      const bodies = messages.map(({ requestId, length }) => ({
        requestId,
        body: Buffer.concat([TYPE, bytesOf(length)]).toString("hex"),
      }));
      const sent = librarySends(security, role, limits, messages);
      const bytes = Buffer.from(sent.join(""), "hex");
      const { reader } = endOf(security, role === "client" ? "server" : "client");
      const ours = chunksIn(bytes).map((chunk) => reader.read(chunk, 0));
      const hex = ({ requestId, body }: { requestId: number; body: Buffer }) => ({
        ...{ requestId, body: body.toString("hex") },
      });
      expect(ours.flatMap((read) => (read.kind === "message" ? hex(read) : []))).toEqual(bodies);
      expect(new Set(ours.map(({ kind }) => kind))).toEqual(new Set(["message", "part"]));
      const own = Buffer.from(weSend(security, role, limits, messages).join(""), "hex");
      expect(libraryReads(security, role, own).map(hex)).toEqual(bodies);
    }
  });
}

test("numbers begin anew where the library's do", () => {
  const first = SequenceNumberGenerator.MAXVALUE - 2;
  const generator = new SequenceNumberGenerator();
  generator._set(first);
  const security = { policy: "Basic256Sha256", mode: "SignAndEncrypt" } as const;
  const end = endOf(security, "client", { nextSend: first });
  const other = endOf(security, "server", { nextReceive: first });
  for (let at = 0; at < 6; at++) {
    const chunk = sentBy(end, 1, bytesOf(10));
    expect(other.reader.expected <= SequenceNumberGenerator.MAXVALUE + 1).toBe(true);
    expect(other.reader.read(chunk, 0)).toMatchObject({ kind: "message" });
    expect(other.reader.expected).toBe(generator.next() + 1);
  }
});
