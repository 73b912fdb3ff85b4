/** The door for SSH clients, with a client that goes its own ways while a person decides. */
import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import ssh2 from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { encodeMessage, lookAtMessage } from "../../protocols/ssh/message.ts";
import { testWith } from "../../test/kit/programs.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import type { Leg } from "../legs/leg.ts";
import type { LiveSession } from "../sessions/session.ts";
import { type NativeAsk, NativeAsks } from "./native-asks.ts";
import { SshDoor, type SshDoorParts } from "./ssh-door.ts";
import { loadSshHostKey } from "./ssh-host-key.ts";
import type { SshKeys } from "./ssh-keys.ts";

/** The messages that a client sends by itself, in what order it likes. */
interface RawClient {
  readonly _protocol: {
    authKeyboard(user: string): void;
    authPassword(u: string, p: string): void;
  };
}

/** Keeps what was asked, in its order. */
class SeenAsks extends NativeAsks {
  readonly seen: NativeAsk[] = [];

  override ask(asking: Parameters<NativeAsks["ask"]>[0]) {
    const asked = super.ask(asking);
    if (asked) this.seen.push(asked.ask);
    return asked;
  }
}

async function door(keys?: SshDoorParts["keys"]) {
  const asks = new SeenAsks(systemClock);
  const hostKey = loadSshHostKey(path.join(temporaryFolder(), "host.key"));
  const where = { listen: "127.0.0.1", port: 0, origin: "http://localhost" };
  const opened = await SshDoor.open({
    ...{ ...where, hostKey, asks, seen: () => undefined },
    ...(keys && { keys }),
  });
  onTestFinished(() => {
    asks.close();
    opened.close();
  });
  return { asks, port: opened.port };
}

/** Asks once as soon as it may, and then only when it is told to. */
function client(port: number) {
  const ssh = new ssh2.Client();
  onTestFinished(() => void ssh.destroy());
  const state = { ready: false, closed: false };
  ssh.on("error", () => undefined);
  ssh.on("ready", () => {
    state.ready = true;
  });
  ssh.on("close", () => {
    state.closed = true;
  });
  const readyTimeout = 60_000;
  const authHandler = () => ({ type: "keyboard-interactive", username: "switch", prompt() {} });
  ssh.connect({
    ...{ host: "127.0.0.1", port, username: "switch", readyTimeout },
    authHandler: authHandler as unknown as ssh2.AuthHandlerMiddleware,
  });
  const raw = (ssh as unknown as RawClient)._protocol;
  return { ssh, state, raw };
}

function session() {
  const ended: string[] = [];
  const legs: Leg[] = [];
  const listeners: ((event: { kind: string }) => void)[] = [];
  let sealed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    sealed = resolve;
  });
  const live = {
    end: ({ reason }: { reason: string }) => void ended.push(reason),
    ownerPresent: () => undefined,
    activity: () => undefined,
    listen: (listener: (event: { kind: string }) => void) => void listeners.push(listener),
    attach: async (leg: Leg) => {
      // Its stream is there once the client asked to run something.
      const bytes = (message: Uint8Array) => {
        const cut = lookAtMessage(message);
        if (cut.kind === "frame" && cut.frame.kind === "request") legs.push(leg);
      };
      leg.start({ bytes, drained() {}, lost() {}, withheld() {}, closed() {} });
    },
    closed,
  };
  /** In the order of a session: its channels are closed, its owner is told, its tape is sealed. */
  const cut = () => {
    for (const leg of legs) leg.close("cut by Ann");
    for (const listener of listeners) listener({ kind: "end" });
    sealed();
  };
  return { ended, legs, cut, live: live as unknown as LiveSession };
}

const WITHIN = { timeout: 20_000, interval: 10 };

testWith(["dbclient"])(
  "a client that guesses how keys are exchanged is asked like others",
  async () => {
    const { asks, port } = await door();
    const args = ["-y", "-p", String(port), "switch@127.0.0.1", "true"];
    const env = { ...process.env, HOME: temporaryFolder() };
    const dropbear = spawn("dbclient", args, { env, stdio: "ignore" });
    const over = new Promise((ended) => dropbear.once("close", ended));
    onTestFinished(async () => {
      dropbear.kill("SIGKILL");
      await over;
    });
    await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  },
);

test.each([
  ["says its version one byte at a time", "SSH-2.0-slow_1"],
  ["says that it is OpenSSH, and waits", "SSH-2.0-OpenSSH_9.2p1 other"],
])(
  "a client that %s is told what may be agreed on",
  async (_, version) => {
    const { port } = await door();
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    onTestFinished(() => void socket.destroy());
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes.toString("latin1");
    });
    for (const letter of `${version}\r\n`) {
      socket.write(letter);
      await pause(1);
    }
    await expect.poll(() => said, WITHIN).toContain("curve25519-sha256");
    expect(said).toContain("aes256-ctr");
    // What costs the broker much, and whoever asks nothing.
    expect(said).not.toContain("group18");
  },
  60_000,
);

test("a client that tries without end what lets nobody in is shown out", async () => {
  const { port } = await door();
  const ssh = new ssh2.Client();
  onTestFinished(() => void ssh.destroy());
  ssh.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => void ssh.once("close", () => resolve()));
  // Each answer is followed by the same question.
  const authHandler = () => ({ type: "none", username: "switch" });
  ssh.connect({
    ...{ host: "127.0.0.1", port, username: "switch", readyTimeout: 0 },
    authHandler: authHandler as unknown as ssh2.AuthHandlerMiddleware,
  });
  await closed;
});

test("a key that cannot be looked up lets nobody in, and the broker goes on", async () => {
  const book = {
    find: () => Promise.reject(new Error("the database is away")),
    onRemoved: () => () => undefined,
  } as unknown as SshKeys;
  const { asks, port } = await door({ book, use: "required" });
  const ssh = new ssh2.Client();
  onTestFinished(() => void ssh.destroy());
  const { private: privateKey } = ssh2.utils.generateKeyPairSync("ed25519");
  const ended = new Promise<string>((resolve) => {
    ssh.once("ready", () => resolve("let in"));
    ssh.once("error", () => resolve("not let in"));
    ssh.once("close", () => resolve("not let in"));
  });
  ssh.connect({ host: "127.0.0.1", port, username: "switch", privateKey, readyTimeout: 60_000 });
  expect(await ended).toBe("not let in");
  expect(asks.seen).toEqual([]);
}, 60_000);

test("an ask that its client has replaced opens nothing, and the one after it does", async () => {
  const { asks, port } = await door();
  const { raw, state } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  raw.authKeyboard("switch");
  await expect.poll(() => asks.seen.length, WITHIN).toBe(2);
  const [first, second] = asks.seen;
  expect(asks.get(first?.id ?? "")).toBeUndefined();
  const [lost, kept] = [session(), session()];
  expect(await asks.approve(first?.id ?? "", "sign-in", async () => lost.live)).toBeUndefined();
  expect(await asks.approve(second?.id ?? "", "sign-in", async () => kept.live)).toBe(kept.live);
  await expect.poll(() => state.ready, WITHIN).toBe(true);
  expect(kept.ended).toEqual([]);
}, 60_000);

test("a session that opens just as its ask is replaced is ended again", async () => {
  const { asks, port } = await door();
  const { raw, state } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  const opened = session();
  const approved = asks.approve(asks.seen[0]?.id ?? "", "sign-in", async () => {
    raw.authKeyboard("switch");
    await expect.poll(() => asks.seen.length, WITHIN).toBe(2);
    return opened.live;
  });
  expect(await approved).toBeUndefined();
  expect(opened.ended).toHaveLength(1);
  expect(state.ready).toBe(false);
}, 60_000);

test("another way to sign in takes back the ask as well: what nobody waits for opens nothing", async () => {
  const { asks, port } = await door();
  const { raw } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  raw.authPassword("switch", "secret");
  await expect.poll(() => asks.get(asks.seen[0]?.id ?? ""), WITHIN).toBeUndefined();
  expect(asks.seen).toHaveLength(1);
}, 60_000);

/** So many channels that what they may send does not fit into what the system keeps. */
const CHANNELS = 24;
/** What ssh2's client lets each of them send before it has read any. */
const WINDOW = 2 * 1_048_576;
const PIECE = 32_768;

async function approved(channels: number) {
  const { asks, port } = await door();
  const { ssh, state } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  const opened = session();
  await asks.approve(asks.seen[0]?.id ?? "", "sign-in", async () => opened.live);
  await expect.poll(() => state.ready, WITHIN).toBe(true);
  const heard = { bytes: 0, words: "" };
  for (let n = 0; n < channels; n++) {
    ssh.exec("show log", (_, stream) => {
      stream.on("data", (bytes: Buffer) => {
        heard.bytes += bytes.length;
      });
      stream.stderr.on("data", (bytes: Buffer) => {
        heard.words += bytes.toString();
      });
    });
  }
  await expect.poll(() => opened.legs.length, WITHIN).toBe(channels);
  for (const leg of opened.legs) leg.write(encodeMessage({ kind: "data", bytes: WORD }));
  await expect.poll(() => heard.bytes, WITHIN).toBe(channels * WORD.length);
  return { ...opened, ssh, state, heard };
}

const WORD = new Uint8Array(8);

test("what waits for a client that takes nothing goes with the session, not to it later", async () => {
  const { ssh, heard, legs, ended, cut, state } = await approved(CHANNELS);
  const { _sock: socket } = ssh as unknown as { readonly _sock: Socket };
  socket.pause();
  const piece = encodeMessage({ kind: "data", bytes: new Uint8Array(PIECE) });
  const pieces = WINDOW / PIECE / 2;
  for (const leg of legs) for (let n = 0; n < pieces; n++) leg.write(piece);
  expect(legs.every(({ queued }) => queued > PIECE)).toBe(true);
  cut();
  await expect.poll(() => ended, WITHIN).toEqual(["the SSH connection was closed"]);
  socket.resume();
  await expect.poll(() => state.closed, WITHIN).toBe(true);
  expect(heard.bytes).toBeLessThan((CHANNELS * pieces * PIECE) / 2);
}, 120_000);

test("a client that takes what it gets is told why its session ended", async () => {
  const { heard, cut, legs, state } = await approved(1);
  for (const leg of legs) leg.write(encodeMessage({ kind: "data", bytes: WORD }));
  cut();
  await expect.poll(() => heard.words, WITHIN).toContain("cut by Ann");
  await expect.poll(() => state.closed, WITHIN).toBe(true);
  expect(heard.bytes).toBe(2 * WORD.length);
}, 60_000);

/** Hears what the door says first, or that it is shown out. */
async function silent(port: number): Promise<{ closed: boolean }> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const state = { closed: false };
  socket.on("error", () => undefined);
  await new Promise<void>((heard) => {
    socket.once("data", () => heard());
    socket.on("close", () => {
      state.closed = true;
      heard();
    });
  });
  return state;
}

/** As many as one address may have. */
const PLACES = 32;

test("connections that say nothing keep nobody of their address from the door", async () => {
  const { asks, port } = await door();
  const crowd = () => Promise.all(Array.from({ length: PLACES }, () => silent(port)));
  const first = await crowd();
  const { state } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  await expect.poll(() => first.some(({ closed }) => closed), WITHIN).toBe(true);
  await crowd();
  expect(state.closed).toBe(false);
  expect(asks.get(asks.seen[0]?.id ?? "")).toBeDefined();
}, 60_000);
