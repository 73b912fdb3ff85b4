/**
 * The invariant: whatever is done to the bytes of a channel on their way, nothing throws, memory
 * stays bounded, and where they are signed nothing comes out but what went in, in its order.
 *
 * SALLYPORT_FUZZ sets another number of mutations (1,000,000 in the soak), SALLYPORT_FUZZ_SEED
 * repeats a run.
 */
import { expect, test } from "vitest";
import { seeded } from "../../../../test/chaos/seeded.ts";
import {
  bytesOf,
  chunksIn,
  endOf,
  SECURITIES,
  sentBy,
} from "../../../../test/kit/opcua-secured.ts";
import { retainedBytes } from "../../../../test/kit/retained-bytes.ts";
import type { ChannelSecurity } from "../security.ts";
import { ChunkReader, type Read } from "./chunk-reader.ts";
import { ChunkStream } from "./chunk-stream.ts";
import { TokenWindow } from "./token-window.ts";

const MUTATIONS = Number(process.env.SALLYPORT_FUZZ ?? 30_000);
const SEED = Number(process.env.SALLYPORT_FUZZ_SEED ?? 20_260_105);
const LENGTHS = [0, 1, 20, 41, 100, 300, 9_000];
const LIMITS = { chunkMax: 8_192, messageMax: 20_000, chunksMax: 4 };
/** A part of a message may be a view of all that came at once, and is counted with all of that. */
const RETAINED_MAX = LIMITS.chunksMax * 2 * LIMITS.messageMax;

const SECURED = SECURITIES.filter(({ mode }) => mode !== "None");

/** What went in: chunks as they leave, and messages as they must come out. */
function talk(security: ChannelSecurity) {
  const client = endOf(security, "client");
  const sent = LENGTHS.map((length, at) => ({ requestId: at + 1, body: bytesOf(length) }));
  const chunks = sent.flatMap(({ requestId, body }) => chunksIn(sentBy(client, requestId, body)));
  return { sent, chunks, hears: endOf(security, "server", { receive: LIMITS }) };
}

type Talk = ReturnType<typeof talk>;

/** All that comes out of these bytes, in pieces of any size; `retained` while it is under way. */
function heard({ hears: { channel } }: Talk, pieces: readonly Buffer[]) {
  const stream = new ChunkStream(LIMITS.chunkMax);
  const reader = new ChunkReader(channel, new TokenWindow(channel, "server"));
  const reads: Read[] = [];
  for (const piece of pieces) {
    const fault = stream.push(piece, (type, chunk) => {
      if (type === "MSG" || type === "CLO") reads.push(reader.read(chunk, 0));
    });
    if (fault) reads.push(fault);
  }
  return { reads, retained: () => retainedBytes(stream) + retainedBytes(reader) };
}

test("with any one byte of a chunk changed nothing of it is taken, nor what follows", () => {
  for (const security of SECURED) {
    const made = talk(security);
    const bytes = made.chunks.slice(0, 4).map((chunk) => Buffer.from(chunk));
    const changed = bytes[3] ?? Buffer.alloc(0);
    for (let at = 0; at < changed.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        changed[at] = (changed[at] ?? 0) ^ mask;
        const { reads } = heard(made, [...bytes, ...made.chunks.slice(4)]);
        const messages = reads.filter((read) => read.kind === "message");
        expect(messages.length).toBe(3);
        changed[at] = (changed[at] ?? 0) ^ mask;
      }
    }
  }
});

test(`${MUTATIONS} mutations: no throw, bounded memory, nothing that was not sent`, {
  timeout: 120_000 + MUTATIONS,
}, () => {
  const random = seeded(SEED);
  const below = (most: number) => Math.floor(random() * most);
  const talks = SECURITIES.map((security) => ({ security, made: talk(security) }));
  const causes = new Map<string, number>();
  for (let done = 0; done < MUTATIONS; done++) {
    const { security, made } = talks[done % talks.length] ?? { made: undefined };
    if (!made || !security) continue;
    const { reads, retained } = heard(made, mutated(made.chunks, below));
    for (const read of reads) {
      const cause = read.kind === "fault" ? read.cause : read.kind;
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
    if (security.mode !== "None") isInOrder(reads, made.sent);
    // Walking all that an object holds takes longer than the mutation.
    if (done % 50 === 0) expect(retained()).toBeLessThanOrEqual(RETAINED_MAX);
  }
  // The fuzz is worth nothing unless it gets to each of them.
  for (const cause of ["message", "part", "size", "type", "channel", "token", "signature"]) {
    expect([cause, causes.get(cause) ?? 0]).toEqual([cause, expect.any(Number)]);
    expect(causes.get(cause) ?? 0).toBeGreaterThan(MUTATIONS / 2_000);
  }
  expect(causes.get("sequence") ?? 0).toBeGreaterThan(MUTATIONS / 100);
});

/** Each message once, from the first on, and none that was not sent. */
function isInOrder(reads: readonly Read[], sent: Talk["sent"]): void {
  const messages = reads.filter((read) => read.kind === "message");
  for (const [at, { requestId, body }] of messages.entries()) {
    expect(requestId).toBe(sent[at]?.requestId);
    expect(body.equals(sent[at]?.body ?? Buffer.alloc(1))).toBe(true);
  }
  expect(reads.filter(({ kind }) => kind === "aborted" || kind === "closed")).toEqual([]);
}

const KINDS = [
  ...["flip", "field", "size", "cut", "drop", "twice", "swap", "insert", "type", "random"],
];

/** Some chunks, one thing or two done to them, cut into pieces. */
function mutated(chunks: readonly Buffer[], below: (most: number) => number): Buffer[] {
  let all: Buffer[] = chunks.map((chunk) => Buffer.from(chunk));
  for (let times = 1 + below(2); times > 0; times--) all = changed(all, below);
  const bytes = Buffer.concat(all);
  if (below(2) === 0) return [bytes];
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + below(below(2) === 0 ? 12 : 9_000);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function changed(chunks: readonly Buffer[], below: (most: number) => number): Buffer[] {
  const all = [...chunks];
  const at = below(all.length);
  const chunk = all[at];
  if (!chunk || chunk.length < 24) return all;
  const number = () => [0, 1, chunk.length + 16, 0xffff_ffff, below(0xffff_ffff)][below(5)] ?? 0;
  switch (KINDS[below(KINDS.length)]) {
    case "flip": {
      const place = below(chunk.length);
      chunk[place] = (chunk[place] ?? 0) ^ (1 << below(8));
      return all;
    }
    case "field":
      chunk.writeUInt32LE(number(), 8 + 4 * below(4));
      return all;
    case "size":
      chunk.writeUInt32LE(number(), 4);
      return all;
    case "cut": {
      const shorter = Buffer.from(chunk.subarray(0, 8 + below(chunk.length - 8)));
      shorter.writeUInt32LE(shorter.length, 4);
      return all.with(at, shorter);
    }
    case "drop":
      return all.toSpliced(at, 1);
    case "twice":
      return all.toSpliced(at, 0, Buffer.from(chunk));
    case "swap": {
      const other = below(all.length);
      return all.with(at, all[other] ?? chunk).with(other, chunk);
    }
    case "insert":
      return all.toSpliced(at, 0, chunk.subarray(0, below(chunk.length)));
    case "type":
      chunk.write(["MSGC", "MSGF", "MSGA", "CLOF", "OPNF", "XYZF"][below(6)] ?? "", 0, "latin1");
      return all;
    default:
      for (let place = below(chunk.length); place < chunk.length; place++)
        chunk[place] = below(256);
      return all;
  }
}
