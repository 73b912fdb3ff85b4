import { createCipheriv, createHmac } from "node:crypto";
import fc from "fast-check";
import { setErrorLogger } from "node-opcua-debug";
import {
  MessageSecurityMode,
  ServiceFault,
  SymmetricAlgorithmSecurityHeader,
} from "node-opcua-secure-channel";
import { MessageChunker } from "node-opcua-secure-channel/dist/source/message_chunker.js";
import { beforeEach, expect, test, vi } from "vitest";
import { layOutRawChunks } from "./raw-chunks.ts";
import { RawAnswer, RawRequest } from "./raw-message.ts";

type Mode = "None" | "Sign" | "SignAndEncrypt";

/** A message on its way: the library's own, or one of the legs'. */
interface Sent {
  readonly kind: "library" | "answer" | "request";
  readonly typeId: number;
  readonly lengths: readonly number[];
  readonly requestId: number;
  readonly tokenId: number;
}

interface Course {
  readonly mode: Mode;
  readonly channelId: number;
  readonly chunkSize: number;
  readonly maxMessageSize: number;
  readonly maxChunkCount: number;
  readonly sent: readonly Sent[];
}

const [SIGNATURE, BLOCK] = [32, 16];
const key = Buffer.alloc(32, 7);
const NONE = { signatureLength: 0, plainBlockSize: 0, cipherBlockSize: 0 };
const SIGN = {
  ...{ signatureLength: SIGNATURE, plainBlockSize: 0, cipherBlockSize: 0 },
  signBufferFunc: (bytes: Buffer) => createHmac("sha256", key).update(bytes).digest(),
};
const ENCRYPT = {
  ...{ ...SIGN, plainBlockSize: BLOCK, cipherBlockSize: BLOCK },
  encryptBufferFunc: (bytes: Buffer) => {
    const cipher = createCipheriv("aes-256-cbc", key, Buffer.alloc(BLOCK));
    cipher.setAutoPadding(false);
    return Buffer.concat([cipher.update(bytes), cipher.final()]);
  },
};
const SECURITY = { None: NONE, Sign: SIGN, SignAndEncrypt: ENCRYPT };

const number = fc.integer({ min: 1, max: 0xffff_ffff });
const length = fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 40_000 }));
const message: fc.Arbitrary<Sent> = fc.record({
  kind: fc.constantFrom("library", "answer", "request"),
  typeId: fc.constantFrom(3, 255, 256, 634, 65_535, 65_536, 1_000_000),
  lengths: fc.array(length, { minLength: 1, maxLength: 3 }),
  ...{ requestId: number, tokenId: number },
});
const course: fc.Arbitrary<Course> = fc.record({
  mode: fc.constantFrom("None", "Sign", "SignAndEncrypt"),
  ...{ channelId: number, chunkSize: fc.constantFrom(8_192, 8_193, 16_000, 65_535) },
  maxMessageSize: fc.constantFrom(0, 30_000, 1_000_000),
  maxChunkCount: fc.constantFrom(0, 2, 100),
  sent: fc.array(message, { minLength: 1, maxLength: 6 }),
});

const FAULT = new ServiceFault({ responseHeader: { timestamp: new Date(0) } });

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at * 7);

function messageOf({ kind, typeId, lengths }: Sent): object {
  if (kind === "library") return FAULT;
  if (kind === "answer") return new RawAnswer(typeId, bytes(lengths[0] ?? 0));
  return new RawRequest(typeId, lengths.map(bytes), 0);
}

/** All that leaves, and what is answered to who sends it; the first is the library's, as ever. */
function leaving({ mode, channelId, chunkSize, sent, ...limits }: Course): readonly unknown[] {
  const chunker = new MessageChunker({ securityMode: MessageSecurityMode[mode], ...limits });
  const first: Sent = { kind: "library", typeId: 0, lengths: [], requestId: 1, tokenId: 1 };
  return [first, ...sent].flatMap((each) => {
    const { requestId, tokenId } = each;
    const left: unknown[] = [];
    const params = {
      channelId,
      securityHeader: new SymmetricAlgorithmSecurityHeader({ tokenId }),
      securityOptions: { ...SECURITY[mode], requestId, chunkSize, sequenceHeaderSize: 0 },
    };
    const status = chunker.chunkSecureMessage(
      "MSG",
      params as never,
      messageOf(each) as never,
      (chunk) => left.push(chunk?.toString("hex") ?? null),
    );
    return [...left, status.name];
  });
}

setErrorLogger(() => undefined);
const courses = fc.sample(course, { numRuns: 150, seed: 7 });
const before = courses.map(leaving);

beforeEach(() => layOutRawChunks());

test("what leaves is the library's to the byte, in every mode and at every limit", () => {
  expect(before.flat()).toContain("BadTcpMessageTooLarge");
  for (const [at, each] of courses.entries()) expect(leaving(each)).toEqual(before[at]);
});

test("what is within the limits does not take the library's way", () => {
  const encoding = vi.spyOn(RawAnswer.prototype, "encode");
  const answer = { kind: "answer", typeId: 634, requestId: 9, tokenId: 3 } as const;
  const sent = [10, 100, 9_000, 60_000].map((length) => ({ ...answer, lengths: [length] }));
  const limits = { chunkSize: 8_192, maxMessageSize: 65_000, maxChunkCount: 8 };
  for (const mode of ["None", "Sign", "SignAndEncrypt"] as const) {
    leaving({ mode, channelId: 5, ...limits, sent });
  }
  expect(encoding).not.toHaveBeenCalled();
  leaving({ mode: "None", channelId: 5, ...limits, maxChunkCount: 2, sent });
  expect(encoding).toHaveBeenCalledTimes(1);
  encoding.mockRestore();
});

test("a channel that says it is secure and has nothing to sign with is the library's to refuse", () => {
  const chunker = new MessageChunker({ securityMode: MessageSecurityMode.Sign });
  const sent = (message: object) => {
    const securityHeader = new SymmetricAlgorithmSecurityHeader({ tokenId: 1 });
    const securityOptions = { ...NONE, requestId: 1, chunkSize: 8_192, sequenceHeaderSize: 0 };
    const params = { channelId: 1, securityHeader, securityOptions };
    return chunker.chunkSecureMessage("MSG", params as never, message as never, () => undefined);
  };
  sent(FAULT);
  const encoding = vi.spyOn(RawAnswer.prototype, "encode");
  sent(new RawAnswer(634, bytes(10)));
  expect(encoding).toHaveBeenCalledTimes(1);
  encoding.mockRestore();
});
