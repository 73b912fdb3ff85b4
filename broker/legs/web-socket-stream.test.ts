import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer, WebSocket as WebSocketTo } from "ws";
import { socketOver } from "./web-socket-stream.ts";

/** What a command has, and the stream at the broker's end of it. */
async function pair() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[WebSocket]>;
  const command = new WebSocketTo(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const heard: string[] = [];
  command.on("message", (bytes: Buffer) => heard.push(bytes.toString()));
  const [socket] = await accepted;
  return { heard, stream: socketOver(socket, { address: "127.0.0.1", port: 1 }) };
}

test("what is gathered leaves as one message, in order, and what is not at once", async () => {
  const { heard, stream } = await pair();
  stream.write("one ");
  stream.cork();
  for (const word of ["two ", "three ", "four"]) stream.write(word);
  stream.uncork();
  await expect.poll(() => heard).toEqual(["one ", "two three four"]);
});

test("who is told that it was taken is told of each piece", async () => {
  const { stream } = await pair();
  let taken = 0;
  stream.cork();
  for (const word of ["a", "b"]) stream.write(word, () => (taken += 1));
  stream.uncork();
  await expect.poll(() => taken).toBe(2);
  expect(stream.writableLength).toBe(0);
});
