/** A native client's end of a channel, with ssh2's own client at the other end. */
import { generateKeyPairSync } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { type AddressInfo, Socket } from "node:net";
import ssh2, { type ClientChannel, type Connection, type Session } from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { cutMessage, encodeMessage } from "../../../protocols/ssh/message.ts";
import { SshLine } from "./ssh-line.ts";
import { SshSessionLeg } from "./ssh-session-leg.ts";

const MIB = 1_048_576;
const PIECE = new Uint8Array(32_768).fill(120);
const WITHIN = { timeout: 30_000, interval: 10 };

/** A client whose command was accepted, and the leg that serves it. */
async function commanded(): Promise<{ leg: SshSessionLeg; stream: ClientChannel; told: string[] }> {
  const made = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  const key = made.export({ type: "pkcs1", format: "pem" });
  const server = new ssh2.Server({ hostKeys: [key] });
  const serving = new Promise<SshSessionLeg>((resolve) => {
    server.on("connection", (connection: Connection) => {
      connection.on("error", () => undefined);
      connection.on("authentication", (asks) => asks.accept());
      const line = new SshLine(connection);
      connection.on("session", (accept: () => Session) => {
        resolve(new SshSessionLeg(accept(), line));
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = new ssh2.Client();
  client.on("error", () => undefined);
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  client.connect({
    ...{ host: "127.0.0.1", username: "any", readyTimeout: 60_000 },
    port: (server.address() as AddressInfo).port,
  });
  await once(client, "ready");
  const opening = new Promise<ClientChannel>((resolve, reject) => {
    client.exec("show log", (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const leg = await serving;
  const told: string[] = [];
  leg.start({
    bytes: () => undefined,
    lost: () => undefined,
    withheld: () => undefined,
    closed: (reason) => void told.push(reason),
    drained: () => void told.push("drained"),
  });
  return { leg, stream: await opening, told };
}

function say(leg: SshSessionLeg, pieces: number): void {
  for (let n = 0; n < pieces; n += 1) leg.write(encodeMessage({ kind: "data", bytes: PIECE }));
}

test("what a client has not taken when it is cut dies, and nothing reaches it later", async () => {
  const { leg, stream } = await commanded();
  stream.pause();
  const pieces = (8 * MIB) / PIECE.length;
  say(leg, pieces);
  // What the client's window allows has left.
  await expect.poll(() => leg.queued, WITHIN).toBeGreaterThan(4 * MIB);
  leg.close("the session was cut");
  say(leg, 4);
  let got = 0;
  stream.on("data", (bytes: Buffer) => {
    got += bytes.length;
  });
  const closed = once(stream, "close");
  stream.resume();
  await closed;
  expect(got).toBeLessThan(3 * MIB);
}, 60_000);

test("a client that takes what it is told hears why it was cut", async () => {
  const { leg, stream } = await commanded();
  say(leg, 2);
  let said = "";
  let got = 0;
  stream.on("data", (bytes: Buffer) => {
    got += bytes.length;
  });
  stream.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  await expect.poll(() => got, WITHIN).toBe(2 * PIECE.length);
  const closed = once(stream, "close");
  leg.close("the grant was revoked\u0007");
  await closed;
  expect(said).toContain("Sallyport: the grant was revoked?");
}, 60_000);

test("a client is told why its asset was lost, though that closed its channel first", async () => {
  const { leg, stream } = await commanded();
  let heard = "";
  stream.stderr.on("data", (bytes: Buffer) => {
    heard += bytes.toString();
  });
  stream.resume();
  leg.write(encodeMessage({ kind: "close" }));
  leg.close("the cable was cut");
  await once(stream, "close");
  expect(heard).toContain("Sallyport: the cable was cut");
});

test("what an asset said before it closed is delivered, however slow the client is", async () => {
  const { leg, stream } = await commanded();
  stream.pause();
  const pieces = (6 * MIB) / PIECE.length;
  say(leg, pieces);
  leg.write(encodeMessage({ kind: "eof" }));
  leg.write(encodeMessage({ kind: "close" }));
  await expect.poll(() => leg.queued, WITHIN).toBeGreaterThan(MIB);
  let got = 0;
  stream.on("data", (bytes: Buffer) => {
    got += bytes.length;
  });
  const closed = once(stream, "close");
  stream.resume();
  await closed;
  expect(got).toBe(6 * MIB);
}, 60_000);

/** A leg alone: what its session is told of is said here. */
function alone(mayAsk?: () => boolean) {
  const session = new EventEmitter() as unknown as Session;
  const line = new SshLine({ _sock: new Socket() });
  const leg = new SshSessionLeg(session, line, () => undefined, mayAsk);
  const state = { answers: [] as string[], closed: [] as string[], heard: [] as string[] };
  leg.start({
    bytes: (bytes) => {
      const cut = cutMessage(bytes);
      if (cut.kind === "frame" && cut.frame.kind === "request") state.heard.push(cut.frame.name);
    },
    lost: () => undefined,
    withheld: () => undefined,
    closed: (reason) => void state.closed.push(reason),
    drained: () => undefined,
  });
  const ask = (event = "other", name = "any") => {
    const [accept, reject] = ["accepted", "rejected"].map(
      (answer) => () => void state.answers.push(answer),
    );
    session.emit(event as never, accept as never, reject as never, { name } as never);
  };
  return { leg, ...state, ask };
}

test("a client that asks on and on without an answer is kept no more than a thousand questions of", () => {
  const { answers, closed, ask } = alone();
  for (let n = 0; n < 1_024; n += 1) ask();
  expect(closed).toEqual([]);
  ask();
  expect(closed).toEqual(["the client asks on and on without an answer"]);
  expect(answers).toEqual([]);
});

test("whatever a client asks on a channel that has ended is refused, and starts nothing", () => {
  const { leg, answers, ask } = alone();
  ask();
  leg.close("the session was cut");
  ask();
  ask("shell");
  expect(answers).toEqual(["rejected", "rejected", "rejected"]);
});

test("a keepalive is answered in its turn, and is no operation that anybody decides", () => {
  const { leg, answers, heard, ask } = alone();
  ask("other", "keepalive@openssh.com");
  expect(answers).toEqual(["rejected"]);
  ask("signal", "HUP");
  ask("other", "keepalive@openssh.com");
  ask("other", "keepalive@openssh.com");
  ask("signal", "INT");
  expect(answers).toEqual(["rejected"]);
  leg.write(encodeMessage({ kind: "success" }));
  expect(answers).toEqual(["rejected", "accepted", "rejected", "rejected"]);
  leg.write(encodeMessage({ kind: "success" }));
  expect(answers.slice(4)).toEqual(["accepted"]);
  expect(heard).toEqual(["signal", "signal"]);
});

test("what is never carried is refused without a record once it was asked for too often", () => {
  let left = 2;
  const { leg, answers, heard, ask } = alone(() => left-- > 0);
  for (let n = 0; n < 4; n += 1) ask("other", "tun@openssh.com");
  expect(heard).toEqual(["tun@openssh.com", "tun@openssh.com"]);
  leg.write(encodeMessage({ kind: "failure" }));
  leg.write(encodeMessage({ kind: "failure" }));
  expect(answers).toEqual(["rejected", "rejected", "rejected", "rejected"]);
  // PuTTY's, of which there are many.
  ask("other", "winadj@putty.projects.tartarus.org");
  expect(heard).toHaveLength(3);
});
