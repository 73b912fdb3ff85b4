import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { SAID_ALL, WebSocketLeg } from "./web-socket-leg.ts";

const PATIENT = { timeout: 20_000, interval: 10 };
/** More than the system holds for who does not read. */
const MUCH = 16 * 1_048_576;

test("where both have said their last it ends in order, also when a ping waits behind it", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const tool = new WebSocket(`ws://127.0.0.1:${port}`);
  onTestFinished(() => tool.terminate());
  const [[socket]] = await Promise.all([once(server, "connection"), once(tool, "open")]);
  const leg = new WebSocketLeg(socket as WebSocket, true);
  const told: string[] = [];
  leg.start({
    ...{ bytes() {}, lost() {}, withheld() {}, drained() {} },
    halfClosed: () => told.push("half-closed"),
    closed: () => told.push("closed"),
  });
  tool.send(SAID_ALL, { binary: false });
  await expect.poll(() => told, PATIENT).toEqual(["half-closed"]);
  tool.pause();
  leg.write(new Uint8Array(MUCH));
  leg.halfClose?.();
  (socket as WebSocket).ping();
  expect(leg.queued).toBeGreaterThan(0);
  const heard: number[] = [];
  tool.on("message", (bytes: Buffer) => heard.push(bytes.length));
  const closed = once(tool, "close");
  tool.resume();
  await closed;
  expect(heard).toEqual([MUCH, SAID_ALL.length]);
  expect(told).toEqual(["half-closed", "closed"]);
  expect(leg.endedInOrder).toBe(true);
}, 60_000);
