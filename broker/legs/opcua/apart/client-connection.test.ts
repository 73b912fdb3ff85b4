/**
 * A native client's connection once its channel is the broker's: what goes to the session's leg,
 * what to the process, and what neither a client nor a process that means harm brings about.
 */
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { cutFrame, encodeFrame } from "../../../../protocols/opcua/frame.ts";
import {
  chunksIn,
  endOf,
  handedBy,
  handedTokenBy,
  type Options,
  over,
  sentBy,
  TOKEN_ID,
} from "../../../../test/kit/opcua-secured.ts";
import { LEG_QUEUE_MAX, type Leg } from "../../leg.ts";
import type { ClientAsking } from "../client-asking.ts";
import { typeHead } from "../own-requests.ts";
import { NO_SECURITY, SECURE } from "../security.ts";
import { SERVICE, STATUS } from "../services.ts";
import { errorIn } from "../symmetric/error-chunk.ts";
import { NativeClients } from "./native-clients.ts";
import { jsonOf, KIND, Wire, type WireMessage } from "./wire.ts";

const STRONG = SECURE[0] ?? NO_SECURITY;
const DOOR = 1;
const READ = 631;
const TOKEN = Buffer.from("0500000400000001020304", "hex");
const OTHER = Buffer.from("0500000400000009090909", "hex");
/** Something that only the process understands. */
const OPN = Buffer.from("4f504e4614000000070000000102030405060708", "hex");

afterEach(() => void vi.useRealTimers());

/** A request as a client writes it: timestamp, handle, and all else that is nothing. */
function asked(token: Buffer, typeId = READ, handle = 42): Buffer {
  const header = Buffer.alloc(8 + 4 + 4 + 4 + 4 + 3);
  header.writeUInt32LE(handle, 8);
  header.writeInt32LE(-1, 16);
  return Buffer.concat([typeHead(typeId), token, header, Buffer.from("rest")]);
}

interface Attached {
  readonly leg: Leg;
  readonly heard: string[];
}

/** A broker with a client at a real socket; the process is at the other end of a wire. */
async function joined() {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = net.connect({ port: (server.address() as AddressInfo).port });
  const [socket] = (await once(server, "connection")) as [Socket];
  const [one, other] = duplexPair();
  const nothing = () => undefined;
  const ends: string[] = [];
  const wire: Wire = new Wire(
    one,
    (message) => clients.heard(message),
    (method, args) => clients.answer(method, args),
    (why) => ends.push(why),
  );
  let last = DOOR;
  const clients = new NativeClients(wire, () => {
    last += 1;
    return last;
  });
  const heard: WireMessage[] = [];
  const process = new Wire(other, (message) => heard.push(message), nothing, nothing);
  const attached: Attached[] = [];
  const door = {
    ...{ plain: () => true as const, url: () => "opc.tcp://127.0.0.1" },
    signIn: async ({ password }: ClientAsking) =>
      password !== "ticket"
        ? undefined
        : { attach: async (leg: Leg) => void attached.push(startedOf(leg)) },
  };
  const left: string[] = [];
  clients.serve({ id: DOOR, door, socket, closed: () => void left.push("closed") });
  const said: Buffer[] = [];
  client.on("data", (bytes: Buffer) => said.push(bytes));
  client.on("error", nothing);
  onTestFinished(() => {
    clients.gone("the test is over");
    client.destroy();
    server.close();
    process.close();
  });
  await expect.poll(() => heard.length).toBe(1);
  const id = heard.splice(0)[0]?.id ?? 0;
  process.word(id, { carried: { to: "resume" } });
  const words = () =>
    heard.filter(({ kind }) => kind === KIND.word).map(({ body }) => jsonOf(body));
  const messages = () => heard.filter(({ kind }) => kind === KIND.message);
  return {
    ...{ clients, client, process, id, heard, attached, said, left, ends },
    words,
    messages,
  };
}

function startedOf(leg: Leg): Attached {
  const heard: string[] = [];
  leg.start({
    bytes: (bytes) => {
      const cut = cutFrame(bytes);
      if (cut.kind === "frame") heard.push(`${cut.frame.typeId} ${cut.frame.requestId}`);
    },
    ...{ lost: () => undefined, withheld: () => undefined },
    drained: () => void heard.push("drained"),
    closed: (why) => void heard.push(why),
  });
  return { leg, heard };
}

type Joined = Awaited<ReturnType<typeof joined>>;

/** Somebody has shown a ticket, and has this session. */
async function signedIn({ process, attached }: Joined, token = TOKEN, security = STRONG) {
  const asking = { path: "", user: "u", password: "ticket", peer: "p", tool: "t", security };
  const leg = Number(await process.call("signIn", { door: DOOR, asking }));
  await process.call("attach", { leg, peer: "p", token: token.toString("base64") });
  return { number: leg, ...(attached.at(-1) as Attached) };
}

/** And the channel is the broker's, as is whatever is asked in that session. */
async function secured(options: Options = {}, security = STRONG) {
  const all = await joined();
  const session = await signedIn(all, TOKEN, security);
  const { process, id } = all;
  await process.call("hold", { connection: id, leg: session.number });
  const channel = over(handedBy(security, "server", options));
  process.word(id, { secured: { channel, later: [], pending: [] } });
  process.word(session.number, { on: id });
  await process.call("silent", { leg: session.number });
  return { ...all, session, far: endOf(security, "client", mirrored(options)) };
}

const mirrored = ({ send, receive }: Options): Options => ({
  ...(send && { receive: send }),
  ...(receive && { send: receive }),
});

/** What the client has heard, opened: `number type status`. */
function opened({ said, far }: Pick<Awaited<ReturnType<typeof secured>>, "said" | "far">) {
  return chunksIn(Buffer.concat(said.splice(0))).map((chunk) => {
    const read = far.reader.read(chunk, 0);
    if (read.kind !== "message") return read.kind;
    const head = read.body.readUInt16LE(2);
    return `${read.requestId} ${head} ${read.body.readUInt32LE(16).toString(16)}`;
  });
}

/** Also where it is reset. */
const closed = (client: Socket) => expect.poll(() => client.closed).toBe(true);

const answerTo = (requestId: number, length = 24) =>
  encodeFrame({ requestId, typeId: READ + 3, body: new Uint8Array(length) });

test("before somebody has shown a ticket all bytes are the process's, as they come", async () => {
  const { client, heard, process, id, said } = await joined();
  client.write("nothing that is a chunk");
  await expect.poll(() => heard.length).toBe(1);
  expect([heard[0]?.kind, heard[0]?.body.toString()]).toEqual([
    KIND.chunk,
    "nothing that is a chunk",
  ]);
  process.send(KIND.chunk, id, Buffer.from("anything"));
  await expect.poll(() => Buffer.concat(said).toString()).toBe("anything");
});

test("while a channel is handed over nothing is read; then its first chunk is the broker's", async () => {
  const all = await joined();
  const { number: leg, heard } = await signedIn(all);
  await all.process.call("hold", { connection: all.id, leg });
  const far = endOf(STRONG, "client");
  all.client.write(sentBy(far, 5, asked(TOKEN)));
  // What leaves the broker behind it: nothing came from the client meanwhile.
  await all.process.call("silent", { leg });
  expect(all.heard.filter(({ kind }) => kind === KIND.chunk)).toEqual([]);
  const channel = over(handedBy(STRONG, "server"));
  all.process.word(all.id, { secured: { channel, later: [], pending: [] } });
  all.process.word(leg, { on: all.id });
  await expect.poll(() => heard).toEqual([`${READ} 1`]);
  expect(all.heard.filter(({ kind }) => kind === KIND.chunk)).toEqual([]);
});

test("what is asked in a session goes to its leg, and the answer back, without the process", async () => {
  const all = await secured();
  all.client.write(sentBy(all.far, 5, asked(TOKEN)));
  await expect.poll(() => all.session.heard).toEqual([`${READ} 1`]);
  all.session.leg.write(answerTo(1));
  await expect.poll(() => opened(all)).toEqual([`5 ${READ + 3} 0`]);
  expect(all.messages()).toEqual([]);
});

test.each([
  ["of another session", asked(OTHER)],
  ["that opens a session", asked(TOKEN, SERVICE.createSession)],
  ["that closes it", asked(TOKEN, SERVICE.closeSession)],
  ["of discovery", asked(TOKEN, SERVICE.getEndpoints)],
  ["without a header", Buffer.concat([typeHead(READ), TOKEN])],
  ["of a type that is no number", Buffer.from("0300000100000041", "hex")],
])("a request %s is the process's, which answers it once", async (_what, request) => {
  const all = await secured();
  all.client.write(sentBy(all.far, 9, request));
  await expect.poll(() => all.messages().length).toBe(1);
  const body = all.messages()[0]?.body;
  expect([body?.readUInt32LE(0), body?.subarray(4).equals(request)]).toEqual([9, true]);
  const answer = Buffer.concat([typeHead(464), Buffer.alloc(24)]);
  for (const number of [9, 9, 10]) all.process.numbered(all.id, number, answer);
  await all.process.call("silent", { leg: all.session.number });
  await expect.poll(() => opened(all)).toEqual(["9 464 0"]);
  expect(all.session.heard).toEqual([]);
});

test("the process cannot answer what is asked of a leg", async () => {
  const all = await secured();
  all.client.write(sentBy(all.far, 7, asked(OTHER)));
  await expect.poll(() => all.messages().length).toBe(1);
  all.client.write(sentBy(all.far, 7, asked(TOKEN)));
  await expect.poll(() => all.session.heard.length).toBe(1);
  all.process.numbered(all.id, 7, Buffer.concat([typeHead(READ + 3), Buffer.alloc(24)]));
  await all.process.call("silent", { leg: all.session.number });
  all.session.leg.write(answerTo(1, 32));
  await expect.poll(() => opened(all).length).toBe(1);
});

test("more than the process may have to answer is refused by the broker", async () => {
  const all = await secured();
  for (let id = 1; id <= 65; id++) all.client.write(sentBy(all.far, id, asked(OTHER)));
  const refused = STATUS.badTooManyOperations.toString(16);
  await expect.poll(() => opened(all)).toEqual([`65 ${SERVICE.serviceFault} ${refused}`]);
});

test("a client that breaks the protocol is told so, and is gone; its session waits for it", async () => {
  const all = await secured();
  const bad = Buffer.from(sentBy(all.far, 5, asked(TOKEN)));
  bad.writeUInt8(bad.readUInt8(40) ^ 1, 40);
  all.client.write(bad);
  await closed(all.client);
  const last = Buffer.concat(all.said);
  expect(last.toString("latin1", 0, 4)).toBe("ERRF");
  expect(errorIn(last)).toEqual({ status: 0x8013_0000, reason: "a chunk with a wrong signature" });
  expect([all.left, all.session.heard]).toEqual([["closed"], []]);
  await expect
    .poll(() => all.words())
    .toContainEqual({
      carried: { closed: true, because: expect.stringMatching(/^the client broke the protocol: /) },
    });
});

test("a renewal goes to the process with both numbers, and nothing passes before its answer", async () => {
  const all = await secured();
  const { leg } = all.session;
  all.client.write(sentBy(all.far, 5, asked(TOKEN)));
  await expect.poll(() => all.session.heard.length).toBe(1);
  all.far.writer.takeNumber();
  all.client.write(Buffer.concat([OPN, sentBy(all.far, 6, asked(TOKEN))]));
  await expect.poll(() => all.words()).toEqual([{ carried: { expects: 2, lends: 1 } }]);
  leg.write(answerTo(1));
  await all.process.call("silent", { leg: all.session.number });
  expect([all.session.heard.length, all.said.length]).toEqual([1, 0]);
  expect(leg.queued).toBeGreaterThan(0);
  const token = handedTokenBy(STRONG, "server", TOKEN_ID + 1);
  all.process.word(all.id, { carried: { renewed: token } });
  all.process.send(KIND.chunk, all.id, OPN);
  await expect.poll(() => all.session.heard.length).toBe(2);
  await expect.poll(() => Buffer.concat(all.said).length).toBeGreaterThan(OPN.length);
  const [opening, answer] = chunksIn(Buffer.concat(all.said.splice(0)));
  expect(opening).toEqual(OPN);
  all.far.reader.passOver();
  expect(all.far.reader.read(answer ?? OPN, 0)).toMatchObject({ kind: "message", requestId: 5 });
  // The client goes on under the new token, and so does the broker then.
  all.far.renew(TOKEN_ID + 1, 0);
  all.client.write(sentBy(all.far, 8, asked(TOKEN)));
  await expect.poll(() => all.session.heard.length).toBe(3);
  leg.write(answerTo(3));
  await expect.poll(() => Buffer.concat(all.said).length).toBeGreaterThan(0);
  expect(Buffer.concat(all.said).readUInt32LE(12)).toBe(TOKEN_ID + 1);
});

test("a renewal that is never answered ends the client's connection", async () => {
  const all = await secured();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  all.client.write(OPN);
  while (all.words().length === 0) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(10_100);
  vi.useRealTimers();
  await closed(all.client);
  expect(errorIn(Buffer.concat(all.said)).reason).toBe("a renewal that cannot be answered");
});

test.each([
  ["an error, which is the last word", "45525246100000000000808000000000", "ERRF"],
  ["a message", OPN.toString("hex").replace("4f504e46", "4d534746"), ""],
  ["an opening that nobody asked for", OPN.toString("hex"), ""],
])("of what the process writes by itself %s ends the connection", async (_what, hex, heard) => {
  const all = await secured();
  all.process.send(KIND.chunk, all.id, Buffer.from(hex, "hex"));
  await closed(all.client);
  expect(Buffer.concat(all.said).toString("latin1", 0, 4)).toBe(heard);
  expect(all.ends).toEqual([]);
});

test("a channel of another security than the ticket was shown over is not taken", async () => {
  const all = await joined();
  const { number: leg } = await signedIn(all, TOKEN, STRONG);
  await all.process.call("hold", { connection: all.id, leg });
  const channel = over(handedBy(NO_SECURITY, "server"));
  all.process.word(all.id, { secured: { channel, later: [], pending: [] } });
  await closed(all.client);
  expect(all.ends).toEqual([]);
});

test("a channel that was not asked for, and one handed over twice, end the connection", async () => {
  const all = await joined();
  const channel = over(handedBy(STRONG, "server"));
  all.process.word(all.id, { secured: { channel, later: [], pending: [] } });
  await closed(all.client);
  const twice = await secured();
  const hold = twice.process.call("hold", { connection: twice.id, leg: twice.session.number });
  await expect(hold).rejects.toThrow();
  twice.process.word(twice.id, { secured: { channel, later: [], pending: [] } });
  await closed(twice.client);
});

test("a session is had only under a number that has signed in, and a token that is its own", async () => {
  const all = await secured();
  const base64 = (token: Buffer) => token.toString("base64");
  const attach = (leg: number, token: Buffer) =>
    all.process.call("attach", { leg, peer: "p", token: base64(token) });
  await expect(attach(99, OTHER)).rejects.toThrow(/nobody has signed in/);
  await expect(attach(all.session.number, OTHER)).rejects.toThrow(/nobody has signed in/);
  await expect(signedIn(all, TOKEN)).rejects.toThrow(/no token of its own/);
  await expect(signedIn(all, Buffer.alloc(0))).rejects.toThrow(/no token of its own/);
  expect(all.ends).toEqual([]);
});

test("a session that is cut answers what waits with a reason, and hangs up by itself", async () => {
  const all = await secured();
  const { leg, heard } = all.session;
  all.client.write(sentBy(all.far, 5, asked(TOKEN)));
  await expect.poll(() => heard.length).toBe(1);
  leg.close("the shift supervisor ended it");
  leg.write(answerTo(1));
  await closed(all.client);
  const refused = STATUS.badSessionClosed.toString(16);
  expect(Buffer.concat(all.said).includes("supervisor")).toBe(false);
  expect(opened(all)).toEqual([`5 ${SERVICE.serviceFault} ${refused}`]);
  expect(all.words()).toContainEqual({ close: "the shift supervisor ended it" });
});

test("a session whose client does not come back ends with the process's words, on one line", async () => {
  const all = await secured();
  const { leg, heard } = all.session;
  all.client.destroy();
  await expect.poll(() => all.left).toEqual(["closed"]);
  leg.write(answerTo(1));
  expect([leg.queued, heard]).toEqual([0, []]);
  all.process.word(all.session.number, { closed: "the client did not\ncome back" });
  await expect.poll(() => heard).toEqual(["the client did not come back"]);
});

test("an answer that is larger than the client takes becomes a fault", async () => {
  const all = await secured({ send: { chunkMax: 8_192, messageMax: 1_000, chunksMax: 1 } });
  const { leg } = all.session;
  all.client.write(sentBy(all.far, 5, asked(TOKEN)));
  await expect.poll(() => all.session.heard.length).toBe(1);
  const large = answerTo(1, 5_000);
  large.set([42], 12 + 8);
  leg.write(large);
  const tooLarge = STATUS.badResponseTooLarge.toString(16);
  await expect.poll(() => opened(all)).toEqual([`5 ${SERVICE.serviceFault} ${tooLarge}`]);
});

test("a client that does not read slows its session, and lets it go on once it does", async () => {
  const all = await secured({ send: { chunkMax: 65_535, messageMax: 1_000_000, chunksMax: 100 } });
  const { leg, heard } = all.session;
  all.client.pause();
  for (let id = 1; id <= 60; id++) all.client.write(sentBy(all.far, id, asked(TOKEN)));
  await expect.poll(() => heard.length).toBe(60);
  let asking = 0;
  while (leg.queued <= LEG_QUEUE_MAX && asking < 60) {
    asking += 1;
    leg.write(answerTo(asking, 200_000));
  }
  expect(leg.queued).toBeGreaterThan(LEG_QUEUE_MAX);
  expect(heard.at(-1)).not.toBe("drained");
  all.client.resume();
  await expect.poll(() => heard.at(-1), { timeout: 20_000 }).toBe("drained");
});
