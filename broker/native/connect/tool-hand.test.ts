import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { encodeClientMessage } from "../../../protocols/rfb/client-message.ts";
import { ToolHand } from "./tool-hand.ts";

const PATIENCE = { timeout: 30_000 };
const at = (mask: number) => encodeClientMessage({ kind: "pointer", mask, x: 1, y: 1 });

/** The broker's end of a tool's connection; `cable` carries it, and can be pulled without a word. */
async function connection() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ends: Socket[] = [];
  const cable = createServer((near) => {
    const far = new Socket().connect(port, "127.0.0.1");
    ends.push(near, far);
    for (const end of [near, far]) end.on("error", () => end.destroy());
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(cable, "listening");
  const tool = new WebSocket(`ws://127.0.0.1:${(cable.address() as AddressInfo).port}`);
  tool.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [WebSocket];
  let pings = 0;
  tool.on("ping", () => {
    pings += 1;
  });
  onTestFinished(() => {
    for (const end of ends) end.destroy();
    tool.terminate();
    server.close();
    cable.close();
  });
  const pull = () => {
    for (const end of ends) end.unpipe().pause();
  };
  return { socket, hand: new ToolHand(socket), pings: () => pings, pull };
}

test("a viewer that holds a button is asked and goes on, and once its network is dead it is cut off", async () => {
  const { socket, hand, pings, pull } = await connection();
  hand.said(Uint8Array.of(1, ...at(1)));
  await expect.poll(pings, PATIENCE).toBeGreaterThan(4);
  expect(socket.readyState).toBe(WebSocket.OPEN);
  pull();
  await expect.poll(() => socket.readyState, PATIENCE).toBe(WebSocket.CLOSED);
}, 60_000);

test("who holds nothing is not asked", async () => {
  const { hand, pings, socket } = await connection();
  hand.said(Uint8Array.of(1, ...at(1), ...at(0)));
  socket.ping();
  await expect.poll(pings, PATIENCE).toBe(1);
  const { hand: other, pings: others } = await connection();
  other.said(Uint8Array.of(1, ...at(1)));
  await expect.poll(others, PATIENCE).toBe(2);
  expect(pings()).toBe(1);
}, 60_000);
