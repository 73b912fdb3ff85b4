/**
 * Assets and clients that misbehave, through the whole conduit as a process: it must stay up,
 * stay small, tell each client what happened in the protocol's own way, and serve the others.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { frame, RawDevice, replyTo } from "../kit/raw-device.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const READ = frame("0001 0000 0006 01 03 0064 0001");
const LONG_READ = frame("0002 0000 0006 01 03 0000 007d");
const ANSWER = "00010000000501030200" + "64";
const UNAVAILABLE = "00010000000301830b";
/** Of the whole process, over what it held before the flood: all bounds together are a few MB. */
const GROWTH_MAX = 64 * 1024 * 1024;

let device: RawDevice;
let conduit: ConduitChild;
const clients: Client[] = [];

class Client {
  readonly socket: Socket;
  received = Buffer.alloc(0);

  constructor() {
    this.socket = connect({ port: conduit.port, host: "127.0.0.1", noDelay: true });
    this.socket.on("error", () => {});
    this.socket.on("data", (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    clients.push(this);
  }

  async ask(request: Uint8Array): Promise<string> {
    const before = this.received.length;
    this.socket.write(request);
    for (let n = 0; n < 600 && this.received.length < before + 9; n++) await pause(10);
    return this.received.subarray(before).toString("hex");
  }
}

beforeEach(async () => {
  device = await RawDevice.start();
  device.onFrame = (each) => device.send(replyTo(each));
  const folder = temporaryFolder();
  const plant = writeOpenPlant(folder, {
    port: device.port,
    inFlight: 4,
    responseTimeout: "300ms",
  });
  conduit = await startConduit({
    plant,
    profile: "everything",
    recordings: `${folder}/recordings`,
  });
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  expect(await conduit.stop("SIGTERM")).toBe(0);
  await device.close();
});

/** Resident bytes of the conduit's process. */
function resident(): number {
  const pages = readFileSync(`/proc/${conduit.process.pid}/statm`, "utf8").split(" ")[1];
  return Number(pages) * 4096;
}

test("an asset that hangs costs one timeout, and the next request is answered again", async () => {
  const client = new Client();
  expect(await client.ask(READ)).toBe(ANSWER);
  device.onFrame = () => {};
  expect(await client.ask(READ)).toBe(UNAVAILABLE);
  device.onFrame = (each) => device.send(replyTo(each));
  expect(await client.ask(READ)).toBe(ANSWER);
});

test("an asset that resets the connection in the middle of a request", async () => {
  const client = new Client();
  await client.ask(READ);
  device.onFrame = () => device.reset();
  expect(await client.ask(READ)).toBe(UNAVAILABLE);
  device.onFrame = (each) => device.send(replyTo(each));
  expect(await client.ask(READ)).toBe(ANSWER);
});

test("an asset that answers garbage", async () => {
  const client = new Client();
  await client.ask(READ);
  device.onFrame = () => device.send(Buffer.from("\u0007login: "));
  expect(await client.ask(READ)).toBe(UNAVAILABLE);
  device.onFrame = (each) => device.send(replyTo(each));
  expect(await client.ask(READ)).toBe(ANSWER);
});

test("an asset that floods is cut off, and the broker does not grow", async () => {
  const client = new Client();
  await client.ask(READ);
  const before = resident();
  device.onFrame = () => {
    for (let n = 0; n < 16; n++) device.send(Buffer.alloc(1024 * 1024));
  };
  expect(await client.ask(READ)).toBe(UNAVAILABLE);
  expect(resident() - before).toBeLessThan(GROWTH_MAX);
  device.onFrame = (each) => device.send(replyTo(each));
  expect(await client.ask(READ)).toBe(ANSWER);
});

test("a client that asks and never reads is not read either; others are served", async () => {
  const stalled = new Client();
  stalled.socket.pause();
  const before = resident();
  const burst = Buffer.concat(new Array(500).fill(LONG_READ));
  for (let n = 0; n < 400; n++) {
    if (!stalled.socket.write(burst))
      await Promise.race([once(stalled.socket, "drain"), pause(20)]);
    if (stalled.socket.writableLength > 1024 * 1024) break;
  }
  const other = new Client();
  expect(await other.ask(READ)).toBe(ANSWER);
  expect(resident() - before).toBeLessThan(GROWTH_MAX);
});

test("a client that floods with garbage is closed; others are served", async () => {
  const other = new Client();
  await other.ask(READ);
  const flood = new Client();
  const closed = new Promise((resolve) => flood.socket.once("close", resolve));
  flood.socket.write(Buffer.alloc(4 * 1024 * 1024, 0x55));
  await closed;
  expect(await other.ask(READ)).toBe(ANSWER);
});

test("a client that sends one byte at a time gets its answer", async () => {
  const client = new Client();
  for (const byte of READ.subarray(0, -1)) {
    client.socket.write(Uint8Array.of(byte));
    await pause(30);
  }
  expect(device.frames.length).toBe(0);
  expect(await client.ask(READ.subarray(-1))).toBe(ANSWER);
});
