import { expect, test } from "vitest";
import {
  bytesOf,
  CHANNEL_ID,
  chunksIn,
  type End,
  endOf,
  LIFETIME_MS,
  type Options,
  SECURITIES,
  sentBy,
  TOKEN_ID,
} from "../../../../test/kit/opcua-secured.ts";
import type { ChannelSecurity } from "../security.ts";
import { WORD } from "./chunk-layout.ts";
import type { Read } from "./chunk-reader.ts";

const NONE = { policy: "None", mode: "None" } as const;
const ENCRYPT = { policy: "Aes256_Sha256_RsaPss", mode: "SignAndEncrypt" } as const;
const BODY = bytesOf(100);

/** A client's end and the server's that hears it. */
function ends(security: ChannelSecurity, hears: Options = {}, sends: Options = {}): [End, End] {
  return [endOf(security, "client", sends), endOf(security, "server", hears)];
}

/** A chunk without security, of any sort. */
function plain(number: number, requestId: number, body: Uint8Array, word: number = WORD.last) {
  const chunk = Buffer.alloc(24 + body.length);
  for (const [at, value] of [word, chunk.length, CHANNEL_ID, TOKEN_ID, number, requestId].entries())
    chunk.writeUInt32LE(value, 4 * at);
  chunk.set(body, 24);
  return chunk;
}

function fault(read: Read): string {
  return read.kind === "fault" ? read.cause : read.kind;
}

test("a message of many chunks comes out once it is whole, and the next one after it", () => {
  for (const security of SECURITIES) {
    const [client, server] = ends(security);
    const long = bytesOf(50_000);
    const chunks = chunksIn(Buffer.concat([sentBy(client, 9, long), sentBy(client, 10, BODY)]));
    expect(chunks.length).toBe(8);
    const read = chunks.map((chunk) => server.reader.read(chunk, 0));
    expect(read.slice(0, 6).every(({ kind }) => kind === "part")).toBe(true);
    expect(read[6]).toEqual({ kind: "message", requestId: 9, body: long });
    expect(read[7]).toEqual({ kind: "message", requestId: 10, body: BODY });
  }
});

test("what was sent is not changed by reading it, and what was read stays as it is", () => {
  for (const security of SECURITIES) {
    const [client, server] = ends(security);
    const [first, second] = [sentBy(client, 1, BODY), sentBy(client, 2, bytesOf(5_000))];
    const copy = Buffer.from(first);
    const read = server.reader.read(first, 0);
    expect(first).toEqual(copy);
    server.reader.read(second, 0);
    sentBy(client, 3, bytesOf(7_000));
    expect(read).toEqual({ kind: "message", requestId: 1, body: BODY });
  }
});

test("a chunk that comes twice, too early or in another's place ends the channel for good", () => {
  for (const security of SECURITIES) {
    const sent = () => {
      const [client, server] = ends(security);
      const chunks = [1, 2, 3].map((requestId) => sentBy(client, requestId, BODY));
      return { server, chunks };
    };
    for (const order of [
      [0, 0],
      [0, 2],
      [1, 0],
      [0, 1, 0],
    ]) {
      const { server, chunks } = sent();
      const read = order.map((at) => server.reader.read(chunks[at] ?? BODY, 0));
      const causes = read.map(fault).filter((each) => each !== "message");
      expect(new Set(causes)).toEqual(new Set(["sequence"]));
      // Nor does it take what would have been right.
      for (const chunk of chunks) expect(fault(server.reader.read(chunk, 0))).toBe("sequence");
    }
  }
});

test("numbers may begin anew only at their end, and only near their beginning", () => {
  const may = (previous: number, next: number) => {
    const { reader } = endOf(NONE, "server", { nextReceive: previous });
    expect(reader.read(plain(previous, 1, BODY), 0).kind).toBe("message");
    return fault(reader.read(plain(next, 2, BODY), 0)) === "message";
  };
  const [last, most] = [4_294_966_271, 0xffff_ffff];
  for (const previous of [last, last + 1, most - 1, most]) {
    for (const next of [0, 1, 1_023]) expect(may(previous, next)).toBe(true);
    expect(may(previous, 1_024)).toBe(false);
  }
  expect(may(last, last + 1)).toBe(true);
  expect(may(last - 1, 1)).toBe(false);
  expect(may(5, 1)).toBe(false);
});

test("a chunk that somebody else opens counts among the others", () => {
  const [client, server] = ends(ENCRYPT);
  const chunks = [1, 2, 3].map((requestId) => sentBy(client, requestId, BODY));
  expect(server.reader.read(chunks[0] ?? BODY, 0).kind).toBe("message");
  expect(server.reader.expected).toBe(2);
  expect(server.reader.passOver()).toBe(true);
  expect(server.reader.read(chunks[2] ?? BODY, 0).kind).toBe("message");
  expect(server.reader.passOver(7)).toBe(false);
  expect(server.reader.passOver(4)).toBe(true);
});

test("lengths, types, channels and tokens that are not those of the channel are refused", () => {
  const wrong = (change: (chunk: Buffer) => void) => {
    const { reader } = endOf(NONE, "server");
    const chunk = plain(1, 1, BODY);
    change(chunk);
    return fault(reader.read(chunk, 0));
  };
  expect(wrong(() => undefined)).toBe("message");
  expect(wrong((chunk) => chunk.writeUInt32LE(chunk.length - 1, 4))).toBe("size");
  expect(wrong((chunk) => chunk.writeUInt32LE(0xffff_ffff, 4))).toBe("size");
  expect(wrong((chunk) => chunk.write("OPNF", 0, "latin1"))).toBe("type");
  expect(wrong((chunk) => chunk.write("MSGX", 0, "latin1"))).toBe("type");
  expect(wrong((chunk) => chunk.write("CLOC", 0, "latin1"))).toBe("type");
  expect(wrong((chunk) => chunk.writeUInt32LE(CHANNEL_ID + 1, 8))).toBe("channel");
  expect(wrong((chunk) => chunk.writeUInt32LE(TOKEN_ID + 1, 12))).toBe("token");
  expect(wrong((chunk) => chunk.writeUInt32LE(0, 20))).toBe("request");
  for (const length of [0, 1, 8, 16, 23]) {
    expect(fault(endOf(NONE, "server").reader.read(Buffer.alloc(length), 0))).toBe("size");
  }
});

test("a chunk that is larger than was agreed is refused, also with a right signature", () => {
  for (const security of SECURITIES) {
    const [client, server] = ends(security, { receive: { chunkMax: 8_192 } });
    const large = endOf(security, "client", { send: { chunkMax: 9_000 } });
    expect(fault(server.reader.read(sentBy(large, 1, bytesOf(8_900)), 0))).toBe("size");
    expect(sentBy(client, 1, bytesOf(8_900)).length).toBeGreaterThan(8_900);
  }
});

test("with security each chunk is signed: none, a shorter one or another's is not taken", () => {
  for (const security of SECURITIES.filter(({ mode }) => mode !== "None")) {
    const [client, server] = ends(security);
    expect(["size", "signature"]).toContain(fault(server.reader.read(plain(1, 1, BODY), 0)));
    const whole = sentBy(client, 1, BODY);
    for (const length of [whole.length - 1, whole.length - 16, 72, 64, 56, 25, 24]) {
      const cut = Buffer.from(whole.subarray(0, length));
      cut.writeUInt32LE(length, 4);
      const { reader } = endOf(security, "server");
      expect(["size", "signature"]).toContain(fault(reader.read(cut, 0)));
    }
    // Of the other direction: what a server says is not taken as a client's.
    const echoed = sentBy(endOf(security, "server"), 1, BODY);
    expect(fault(endOf(security, "server").reader.read(echoed, 0))).toBe("signature");
  }
});

test("padding is some equal bytes that say how many they are, up to a block", () => {
  const padded = (padding: readonly number[]) => {
    const [client, server] = ends(ENCRYPT);
    const size = 24 + BODY.length + padding.length + 32;
    const chunk = Buffer.alloc(size);
    plain(1, 1, BODY).copy(chunk);
    chunk.writeUInt32LE(size, 4);
    chunk.set(padding, 24 + BODY.length);
    const sealed = client.channel.token.sealer?.seal(chunk) ?? chunk;
    const read = server.reader.read(sealed, 0);
    return read.kind === "message" ? read.body : fault(read);
  };
  const bytes = (length: number, value = length - 1) => new Array<number>(length).fill(value);
  // 8 + 100 + 32 are four bytes short of whole blocks.
  expect(padded(bytes(4))).toEqual(BODY);
  expect(padded(bytes(20))).toBe("padding");
  expect(padded(bytes(36))).toBe("padding");
  expect(padded(bytes(4, 255))).toBe("padding");
  expect(padded([3, 3, 2, 3])).toBe("padding");
  expect(padded([2, 3, 3, 3])).toBe("padding");
  expect(padded([9, 2, 2, 2])).toEqual(Buffer.concat([BODY, Buffer.from([9])]));
  expect(padded(bytes(5))).toBe("size");
});

test("a whole block of padding is taken, as the standard's formula has it", () => {
  const [client, server] = ends(ENCRYPT);
  const body = BODY.subarray(0, 7);
  const chunk = Buffer.alloc(24 + body.length + 17 + 32);
  plain(1, 1, body).copy(chunk);
  chunk.writeUInt32LE(chunk.length, 4);
  chunk.fill(16, 24 + body.length, 24 + body.length + 17);
  const sealed = client.channel.token.sealer?.seal(chunk) ?? chunk;
  expect(server.reader.read(sealed, 0)).toEqual({ kind: "message", requestId: 1, body });
  // Padding that reaches into the numbers before the body is none.
  const small = Buffer.alloc(24 + 8 + 32);
  plain(2, 0x0c0c_0c0c, Buffer.alloc(0)).copy(small);
  small.writeUInt32LE(small.length, 4);
  small.fill(12, 24, 32);
  const again = client.channel.token.sealer?.seal(small) ?? small;
  expect(fault(server.reader.read(again, 0))).toBe("padding");
});

test("a message within another is refused", () => {
  const { reader } = endOf(NONE, "server");
  expect(reader.read(plain(1, 5, BODY, WORD.more), 0).kind).toBe("part");
  expect(fault(reader.read(plain(2, 6, BODY), 0))).toBe("request");
});

test("a message has no more bytes and no more chunks than was agreed", () => {
  const bytes = endOf(NONE, "server", { receive: { messageMax: 250 } }).reader;
  expect(bytes.read(plain(1, 5, BODY, WORD.more), 0).kind).toBe("part");
  expect(bytes.read(plain(2, 5, BODY, WORD.more), 0).kind).toBe("part");
  expect(fault(bytes.read(plain(3, 5, BODY), 0))).toBe("tooLarge");
  const chunks = endOf(NONE, "server", { receive: { chunksMax: 3 } }).reader;
  const nothing = Buffer.alloc(0);
  for (const at of [1, 2, 3]) {
    expect(chunks.read(plain(at, 5, nothing, WORD.more), 0).kind).toBe("part");
  }
  expect(fault(chunks.read(plain(4, 5, nothing, WORD.more), 0))).toBe("tooLarge");
});

test("a message that is taken back is over, and the next one is whole", () => {
  const { reader } = endOf(NONE, "server");
  const reason = (words: string, says = words.length) => {
    const body = Buffer.alloc(8 + words.length);
    body.writeUInt32LE(0x8002_0000, 0);
    body.writeInt32LE(says, 4);
    body.write(words, 8, "latin1");
    return body;
  };
  expect(reader.read(plain(1, 5, BODY, WORD.more), 0).kind).toBe("part");
  const aborted = reader.read(plain(2, 5, reason("no\nmore"), WORD.aborted), 0);
  expect(aborted).toEqual({
    ...{ kind: "aborted", requestId: 5, status: 0x8002_0000, reason: "no more" },
  });
  expect(reader.read(plain(3, 6, BODY), 0)).toEqual({ kind: "message", requestId: 6, body: BODY });
  // Also one of which nothing has come, and without words.
  const silent = Buffer.from([0, 0, 2, 0x80, 0xff, 0xff, 0xff, 0xff]);
  expect(reader.read(plain(4, 7, silent, WORD.aborted), 0)).toMatchObject({ reason: "" });
  const endless = reader.read(plain(5, 8, reason("x".repeat(8_000)), WORD.aborted), 0);
  expect(endless).toMatchObject({ kind: "aborted", reason: "x".repeat(200) });
  for (const lie of [reason("abc", 2_000_000_000), reason("abc", -2), reason("", 1), BODY]) {
    const other = endOf(NONE, "server").reader;
    expect(fault(other.read(plain(1, 5, lie, WORD.aborted), 0))).toBe("abort");
  }
});

test("a farewell closes the channel, also within a message", () => {
  for (const security of SECURITIES) {
    const [client, server] = ends(security);
    const written = client.writer.close(4, [BODY], 0);
    if (written.kind !== "chunks") throw new Error(written.reason);
    expect(written.bytes.toString("latin1", 0, 4)).toBe("CLOF");
    expect(server.reader.read(written.bytes, 0)).toEqual({ kind: "closed" });
  }
});

test("a token that was renewed counts on its own, and only as long as it lasts", () => {
  for (const security of SECURITIES) {
    const [client, server] = ends(security);
    expect(server.reader.read(sentBy(client, 1, BODY), 0).kind).toBe("message");
    client.renew(TOKEN_ID + 1, LIFETIME_MS * 0.75);
    const chunk = sentBy(client, 2, BODY, LIFETIME_MS);
    expect(chunk.readUInt32LE(12)).toBe(TOKEN_ID + 1);
    // Not before it was handed over.
    const early = endOf(security, "server", { nextReceive: 2 });
    expect(fault(early.reader.read(chunk, LIFETIME_MS))).toBe("token");
    server.renew(TOKEN_ID + 1, LIFETIME_MS * 0.75);
    expect(server.reader.read(chunk, LIFETIME_MS).kind).toBe("message");
    const late = LIFETIME_MS * 2.1;
    if (security.mode === "None") continue;
    expect(client.writer.write(3, [BODY], late).kind).toBe("expired");
    expect(fault(server.reader.read(sentBy(client, 3, BODY, LIFETIME_MS), late))).toBe("token");
  }
});
