import { once } from "node:events";
import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { FramedSocket } from "./framed-socket.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Ends {
  readonly peer: net.Socket;
  readonly framed: FramedSocket;
  readonly chunks: string[];
  readonly rejected: string[];
}

const LIMITS = {
  ...{ chunkMax: 8_192, strangerBytesMax: 20_000, writeQueueMax: 100_000, openWithinMs: 5_000 },
};

async function joined(limits: Partial<typeof LIMITS> = {}): Promise<Ends> {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const peer = net.connect({ port, host: "127.0.0.1" });
  const [socket] = (await once(server, "connection")) as [net.Socket];
  peer.on("error", () => undefined);
  closing.push(
    () => peer.destroy(),
    () => socket.destroy(),
    () => server.close(),
  );
  const [chunks, rejected]: [string[], string[]] = [[], []];
  const framed = new FramedSocket(socket, {
    ...{ ...LIMITS, ...limits },
    rejected: (why) => rejected.push(why),
  });
  framed.on("data", (bytes: Buffer) => chunks.push(bytes.toString("latin1", 0, 4) + bytes.length));
  return { peer, framed, chunks, rejected };
}

/** Also where it is reset. */
function closed(peer: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    if (peer.closed) resolve();
    else peer.once("close", () => resolve());
  });
}

function chunk(type: string, length: number, said = length): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(type, 0, "latin1");
  bytes.writeUInt32LE(said, 4);
  return bytes;
}

function opening(policy: string, certificate: string): Buffer {
  const field = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeInt32LE(text.length);
    return Buffer.concat([length, Buffer.from(text, "latin1")]);
  };
  const none = Buffer.alloc(4, 0xff);
  const uri = `http://opcfoundation.org/UA/SecurityPolicy#${policy}`;
  const rest = Buffer.concat([field(uri), field(certificate), none, Buffer.alloc(40)]);
  return Buffer.concat([chunk("OPNF", 12, 12 + rest.length), rest]);
}

test("chunks come whole, however they were cut on the way", async () => {
  const { peer, chunks } = await joined();
  const all = Buffer.concat([chunk("HELF", 40), chunk("MSGF", 5_000), chunk("MSGC", 8)]);
  for (let at = 0; at < all.length; at += 7) peer.write(all.subarray(at, at + 7));
  await expect.poll(() => chunks).toEqual(["HELF40", "MSGF5000", "MSGC8"]);
});

test.each([
  ["longer than the first message may be", [chunk("HELF", 8, 4_097)], "a chunk of 4097 bytes"],
  ["longer than agreed", [chunk("HELF", 40), chunk("MSGF", 8, 8_193)], "a chunk of 8193 bytes"],
  ["shorter than its own header", [chunk("HELF", 8, 7)], "a chunk of 7 bytes"],
  ["of no type at all", [Buffer.alloc(64, 0xff)], "a chunk of 4294967295 bytes"],
  [
    "cut off in its security header",
    [chunk("HELF", 40), chunk("OPNF", 14)],
    "a malformed OpenSecureChannel",
  ],
])("a chunk %s ends the connection", async (_what, all, why) => {
  const { peer, rejected, chunks } = await joined();
  peer.write(Buffer.concat(all));
  await closed(peer);
  expect(rejected).toEqual([why]);
  expect(chunks).toHaveLength(all.length - 1);
});

test("nobody sends much before they have signed in", async () => {
  const { peer, rejected } = await joined();
  const all = Array.from({ length: 5 }, () => chunk("MSGC", 4_096));
  peer.write(Buffer.concat([chunk("HELF", 40), ...all]));
  await closed(peer);
  expect(rejected).toEqual(["it sends much before it has signed in"]);
});

test("who has signed in may send much", async () => {
  const { peer, framed, chunks } = await joined();
  framed.signedIn();
  const all = Array.from({ length: 20 }, () => chunk("MSGC", 4_096));
  peer.write(Buffer.concat([chunk("HELF", 40), ...all]));
  await expect.poll(() => chunks).toHaveLength(21);
});

test("a peer that takes its time with the secure channel is not waited for", async () => {
  const { peer, rejected } = await joined({ openWithinMs: 50 });
  peer.write(chunk("HELF", 40).subarray(0, 20));
  await closed(peer);
  expect(rejected).toEqual(["no secure channel in time"]);
});

test("a renewal keeps the policy and the certificate that the channel was opened with", async () => {
  const first = opening("Basic256Sha256", "certificate one");
  for (const second of [
    opening("Aes256_Sha256_RsaPss", "certificate one"),
    opening("Basic256Sha256", "certificate two"),
    opening("None", ""),
  ]) {
    const { peer, rejected, chunks } = await joined();
    peer.write(Buffer.concat([chunk("HELF", 40), first, first, second]));
    await closed(peer);
    expect(rejected).toEqual(["another policy or certificate than the channel was opened with"]);
    expect(chunks).toHaveLength(3);
  }
});

test.each(["Basic128Rsa15", "Basic256", "ECC_nistP256", ""])(
  "the policy %s is not spoken",
  async (policy) => {
    const { peer, rejected } = await joined();
    peer.write(Buffer.concat([chunk("HELF", 40), opening(policy, "certificate")]));
    await closed(peer);
    expect(rejected).toEqual(["a security policy that is not spoken here"]);
  },
);

test("what a listener throws ends this connection and nothing else", async () => {
  const { peer, framed, rejected } = await joined();
  framed.on("data", () => {
    throw new Error("decoder at fault");
  });
  peer.write(chunk("HELF", 40));
  await closed(peer);
  expect(rejected).toEqual(["decoder at fault"]);
});

test("a peer that reads nothing is dropped before it fills the memory", async () => {
  const { peer, framed, rejected } = await joined();
  peer.pause();
  for (let n = 0; n < 2_000 && rejected.length === 0; n++) framed.write(Buffer.alloc(8_192));
  expect(rejected).toEqual(["it does not read what it is sent"]);
});
