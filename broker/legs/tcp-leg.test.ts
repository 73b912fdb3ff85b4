import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LEG_QUEUE_MAX, type LegSink } from "./leg.ts";
import { acceptedLeg, halfClosingLeg, type TcpLeg } from "./tcp-leg.ts";

let server: Server;
let peer: Socket;
let leg: TcpLeg;
let heard: { bytes: Buffer; closed: string[]; drained: number };

beforeEach(async () => {
  server = createServer({ noDelay: true, pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  peer = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [[accepted]] = await Promise.all([once(server, "connection"), once(peer, "connect")]);
  leg = acceptedLeg(accepted as Socket);
  heard = { bytes: Buffer.alloc(0), closed: [], drained: 0 };
});

afterEach(() => {
  leg.close();
  peer.destroy();
  server.close();
});

function portOf(of: Server) {
  return { port: (of.address() as AddressInfo).port, host: "127.0.0.1" };
}

function start(more: Partial<LegSink> = {}): void {
  leg.start({
    ...more,
    bytes: (bytes) => {
      heard.bytes = Buffer.concat([heard.bytes, bytes]);
    },
    lost: () => {},
    withheld: () => {},
    closed: (reason) => heard.closed.push(reason),
    drained: () => {
      heard.drained += 1;
    },
  });
}

/** Bounded: a leg that has ended queues nothing, and a test that timed out must not go on for ever. */
async function fill(length: number): Promise<void> {
  for (let n = 0; n < 2_000 && leg.queued < length; n++) {
    leg.write(new Uint8Array(65_536));
    await pause(0);
  }
  expect(leg.queued).toBeGreaterThanOrEqual(length);
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !holds(); n++) await pause(5);
  expect(holds()).toBe(true);
}

test("nothing is read before it starts, and nothing of it is lost", async () => {
  peer.write("early ");
  await pause(30);
  start();
  peer.write("late");
  await until(() => heard.bytes.toString() === "early late");
});

test("paused, it reads nothing", async () => {
  start();
  leg.pause();
  peer.write("waiting");
  await pause(30);
  expect(heard.bytes.length).toBe(0);
  leg.resume();
  await until(() => heard.bytes.toString() === "waiting");
});

test("large and small writes arrive whole and in order, although one buffer stages them all", async () => {
  start();
  const chunks: Buffer[] = [];
  peer.on("data", (bytes) => chunks.push(bytes));
  const parts = Array.from({ length: 400 }, (_, n) => Buffer.alloc(1 + ((n * 977) % 20_000), n));
  for (const part of parts) leg.write(part);
  const expected = Buffer.concat(parts);
  await until(() => chunks.reduce((sum, each) => sum + each.length, 0) === expected.length);
  expect(Buffer.concat(chunks).equals(expected)).toBe(true);
});

test("a peer that does not read fills the queue; it drains when the peer reads again", async () => {
  start();
  peer.pause();
  await fill(16 * LEG_QUEUE_MAX);
  expect(heard.drained).toBe(0);
  peer.resume();
  await until(() => heard.drained === 1 && leg.queued <= LEG_QUEUE_MAX);
});

test("closing drops what the peer has not been given, in the system's buffers too", async () => {
  start();
  peer.pause();
  peer.on("error", () => {});
  await fill(LEG_QUEUE_MAX);
  leg.close();
  let received = 0;
  peer.on("data", (bytes) => {
    received += bytes.length;
  });
  peer.resume();
  await once(peer, "close").catch(() => undefined);
  await pause(20);
  expect(received).toBeLessThan(16 * 1024 * 1024);
  expect(heard.closed).toEqual([]);
});

test("a peer that closes or resets is heard once", async () => {
  start();
  peer.resetAndDestroy();
  await until(() => heard.closed.length === 1);
  await pause(20);
  expect(heard.closed.length).toBe(1);
});

test("where either may say its last first, the other is heard to its end", async () => {
  peer.destroy();
  server.once("connection", (accepted: Socket) => {
    leg = halfClosingLeg(accepted);
  });
  const tool = connect({ ...portOf(server), allowHalfOpen: true });
  await once(tool, "connect");
  await until(() => leg.endedInOrder === false && leg.halfClose !== undefined);
  const silent: string[] = [];
  start({ halfClosed: (reason) => silent.push(reason) });
  const answer = Buffer.alloc(4 * LEG_QUEUE_MAX, "answer");
  tool.end("asked");
  await until(() => silent.length === 1);
  expect([heard.bytes.toString(), heard.closed]).toEqual(["asked", []]);
  for (let at = 0; at < answer.length; at += 65_536) leg.write(answer.subarray(at, at + 65_536));
  leg.halfClose?.();
  const parts: Buffer[] = [];
  for await (const part of tool) parts.push(part as Buffer);
  expect(Buffer.concat(parts).equals(answer)).toBe(true);
  await until(() => heard.closed.length === 1);
  expect(leg.endedInOrder).toBe(true);
});

test("a peer gone before it starts is heard after it starts", async () => {
  peer.resetAndDestroy();
  leg.resume();
  await pause(30);
  start();
  await until(() => heard.closed.length === 1);
});
