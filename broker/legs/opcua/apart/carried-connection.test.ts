import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  chunksIn,
  endOf,
  handedBy,
  handedTokenBy,
  sentBy,
  TOKEN_ID,
} from "../../../../test/kit/opcua-secured.ts";
import { NO_SECURITY, SECURE } from "../security.ts";
import { CarriedConnection } from "./carried-connection.ts";
import { SecuredChannel } from "./secured-channel.ts";
import { KIND, Wire, type WireMessage } from "./wire.ts";

const TARGET = 3;
const ID = 7;
const STRONG = SECURE[0] ?? NO_SECURITY;
const BODY = Buffer.from([1, 0, 0x77, 2, 9, 9]);
/** Something that only the process understands. */
const OPN = Buffer.from("4f504e4614000000070000000102030405060708", "hex");

afterEach(() => void vi.useRealTimers());

/** Broker and asset over a real socket, the process at the other end of a wire. */
async function carried(security = STRONG) {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = net.connect({ port: (server.address() as AddressInfo).port });
  const [asset] = (await once(server, "connection")) as [Socket];
  if (socket.connecting) await once(socket, "connect");
  socket.pause();
  const [one, other] = duplexPair();
  const heard: WireMessage[] = [];
  const nothing = () => undefined;
  const wire = new Wire(one, nothing, nothing, nothing);
  const process = new Wire(other, (message) => heard.push(message), nothing, nothing);
  const said: Buffer[] = [];
  asset.on("data", (bytes: Buffer) => said.push(bytes));
  asset.on("error", nothing);
  const ends: string[] = [];
  const told: string[] = [];
  const connection = new CarriedConnection({
    ...{ id: ID, wire, socket, target: TARGET, peer: "asset" },
    closed: () => void ends.push("closed"),
  });
  onTestFinished(() => {
    connection.end("the test is over");
    asset.destroy();
    server.close();
    process.close();
  });
  const secure = () => {
    const sink = {
      message: (id: number, body: Buffer) => void told.push(`${id} ${body.toString("hex")}`),
      aborted: (id: number, why: string) => void told.push(`${id} aborted: ${why}`),
      unsent: (id: number, why: string) => void told.push(`${id} unsent: ${why}`),
    };
    const channel = SecuredChannel.of(handedBy(security, "client"), security, "client", {
      sink,
      out: (chunks) => connection.write(chunks),
      broke: (why, status) => connection.broke(why, status),
      over: (why) => connection.end(why),
    });
    if (typeof channel === "string") throw new Error(channel);
    connection.secure(channel, { ended: (why) => void ends.push(why) });
    return channel;
  };
  connection.told({ to: "resume" });
  return {
    connection,
    socket,
    asset,
    ends,
    told,
    said,
    secure,
    heard,
    far: endOf(security, "server"),
  };
}

/** Also where it is reset. */
const closed = (asset: Socket) =>
  new Promise<void>((resolve) => asset.once("close", () => resolve()));

const words = (heard: readonly WireMessage[]) =>
  heard.map(({ kind, body }) => (kind === KIND.word ? body.toString() : body.toString("hex")));

test("before keys are handed over each chunk goes to the process whole, and is looked into by nobody", async () => {
  const { asset, heard, connection, said } = await carried();
  asset.write(OPN.subarray(0, 5));
  asset.write(Buffer.concat([OPN.subarray(5), OPN]));
  await expect.poll(() => heard.length).toBe(2);
  expect(words(heard)).toEqual([OPN.toString("hex"), OPN.toString("hex")]);
  connection.fromProcess(Buffer.from("anything"));
  await expect.poll(() => Buffer.concat(said).toString()).toBe("anything");
});

test("with keys a message never reaches the process; an opening does, and what is behind it waits", async () => {
  const { asset, heard, told, secure, connection, far } = await carried();
  secure();
  const one = sentBy(far, 5, BODY);
  far.writer.takeNumber();
  const two = sentBy(far, 6, BODY);
  asset.write(Buffer.concat([one, OPN, two]));
  await expect.poll(() => heard.length).toBe(2);
  expect(words(heard)).toEqual(['{"carried":{"expects":2}}', OPN.toString("hex")]);
  expect(told).toEqual([`5 ${BODY.toString("hex")}`]);
  connection.taken(OPN.length);
  await expect.poll(() => told.length).toBe(2);
  expect(told[1]).toBe(`6 ${BODY.toString("hex")}`);
});

test.each([
  ["a bit is turned", (chunk: Buffer) => chunk.writeUInt8(chunk.readUInt8(40) ^ 1, 40)],
  ["the channel is another", (chunk: Buffer) => chunk.writeUInt32LE(99, 8)],
  ["the token is unknown", (chunk: Buffer) => chunk.writeUInt32LE(99, 12)],
  ["the length lies", (chunk: Buffer) => chunk.writeUInt32LE(0xffff_fff0, 4)],
  ["the type is unknown", (chunk: Buffer) => chunk.write("XYZ", 0, "latin1")],
  ["the process alone writes such", (chunk: Buffer) => chunk.write("HEL", 0, "latin1")],
])(
  "an asset's message of which %s ends its connection alone, with a reason",
  async (_what, harm) => {
    const { asset, ends, secure, far, told, connection } = await carried();
    secure();
    const bad = Buffer.from(sentBy(far, 5, BODY));
    harm(bad);
    asset.write(bad);
    await closed(asset);
    expect(ends).toEqual(["closed", expect.stringMatching(/^the asset broke the protocol: ./)]);
    expect([told, connection.isOver]).toEqual([[], true]);
  },
);

test("a message twice, an ERR and a closing end it too, each with its own words", async () => {
  const twice = await carried();
  twice.secure();
  const once_ = sentBy(twice.far, 5, BODY);
  twice.asset.write(Buffer.concat([once_, once_]));
  await expect.poll(() => twice.ends.length).toBe(2);
  expect(twice.told.length).toBe(1);
  const error = await carried();
  error.secure();
  error.asset.write(Buffer.from("45525246100000000000828000000000", "hex"));
  await expect.poll(() => error.ends[1]).toMatch(/ended the secure channel/);
});

test("what comes although it is not read waits behind the opening, and is looked at after it", async () => {
  const { heard, told, secure, connection, far, socket } = await carried();
  secure();
  socket.emit("data", OPN);
  far.writer.takeNumber();
  const [one, two] = [sentBy(far, 5, BODY), sentBy(far, 6, BODY)];
  socket.emit("data", one.subarray(0, 9));
  socket.emit("data", Buffer.concat([one.subarray(9), two]));
  await expect.poll(() => heard.length).toBe(2);
  expect(told).toEqual([]);
  connection.taken(OPN.length);
  expect(told).toEqual([5, 6].map((id) => `${id} ${BODY.toString("hex")}`));
});

test("a renewal that the process speaks of in one breath with the session is not lost", async () => {
  const { connection, secure, said } = await carried();
  const lent = connection.lend();
  connection.told({ renewed: handedTokenBy(STRONG, "client", TOKEN_ID + 1) });
  const channel = secure();
  expect(await lent).toBe(1);
  connection.fromProcess(OPN);
  channel.send(1, [BODY]);
  await expect.poll(() => chunksIn(Buffer.concat(said)).length).toBe(2);
  // Under the new token at once.
  expect(chunksIn(Buffer.concat(said))[1]?.readUInt32LE(12)).toBe(TOKEN_ID + 1);
  const { connection: ended } = await carried();
  const never = ended.lend();
  ended.end("the test is over");
  await expect(never).rejects.toThrow("the test is over");
});

test("while the process has a number nothing else leaves; then all of it does, in order", async () => {
  const { connection, secure, said, far } = await carried();
  const channel = secure();
  channel.send(1, [BODY]);
  expect(await connection.lend()).toBe(2);
  channel.send(2, [BODY]);
  channel.send(3, [BODY]);
  await expect(connection.lend()).rejects.toThrow();
  await expect.poll(() => Buffer.concat(said).length).toBeGreaterThan(0);
  connection.fromProcess(OPN);
  await expect.poll(() => chunksIn(Buffer.concat(said)).length).toBe(4);
  const all = chunksIn(Buffer.concat(said));
  expect(all.map((chunk) => chunk.toString("latin1", 0, 3))).toEqual(["MSG", "OPN", "MSG", "MSG"]);
  const ids = all.map((chunk, at) => {
    if (at === 1) return far.reader.passOver();
    const read = far.reader.read(chunk, 0);
    return read.kind === "message" ? read.requestId : read.kind;
  });
  expect(ids).toEqual([1, true, 2, 3]);
});

test("what the process was not lent a number for it cannot write, nor two chunks, nor a message", async () => {
  for (const bytes of [OPN, Buffer.concat([OPN, OPN]), Buffer.from("nothing at all")]) {
    const { connection, secure, ends, said } = await carried();
    secure();
    if (bytes !== OPN) await connection.lend();
    connection.fromProcess(bytes);
    expect(ends[1]).toBe("the OPC UA process wrote what it was not asked for");
    expect(Buffer.concat(said).length).toBe(0);
  }
});

test("what waited for a process that stood still does not leave any more", async () => {
  const { connection, secure, told } = await carried();
  const channel = secure();
  await connection.lend();
  vi.useFakeTimers({ toFake: ["performance"] });
  channel.send(2, [BODY]);
  vi.advanceTimersByTime(5_000);
  connection.fromProcess(OPN);
  expect(told).toEqual([expect.stringMatching(/^2 unsent: it waited too long/)]);
});

test("once it is ended nothing passes in either direction", async () => {
  const { connection, secure, asset, said, told, far } = await carried();
  const channel = secure();
  await connection.lend();
  channel.send(2, [BODY]);
  asset.write(sentBy(far, 5, BODY));
  connection.end("cut");
  connection.fromProcess(OPN);
  channel.send(3, [BODY]);
  connection.write(BODY);
  await closed(asset);
  expect([Buffer.concat(said).length, told]).toEqual([0, []]);
});

test("it serves one session at the target that it was dialled for, and no other", async () => {
  const { connection, secure } = await carried();
  expect([connection.isFor(TARGET), connection.isFor(TARGET + 1)]).toEqual([true, false]);
  secure();
  expect(connection.isFor(TARGET)).toBe(false);
  const { connection: ended } = await carried();
  ended.end("the test is over");
  expect(ended.isFor(TARGET)).toBe(false);
});

test("whatever the process says why it ends is a sentence on one line, and short", async () => {
  const { connection, ends, secure } = await carried();
  secure();
  connection.told({ to: "destroy", because: `odd\nwords ${"x".repeat(1_000)}` });
  const why = ends.find((each) => each !== "closed") ?? "";
  expect(why).toMatch(/^odd words x+$/);
  expect(why.length).toBeLessThanOrEqual(300);
});

test("keys that are not those of the plant file's security are refused", () => {
  const parts = {
    sink: { message: () => {}, aborted: () => {}, unsent: () => {} },
    ...{ out: () => {}, broke: () => {}, over: () => {} },
  };
  const handed = handedBy(NO_SECURITY, "client");
  expect(SecuredChannel.of(handed, STRONG, "client", parts)).toMatch(/another security/);
});
