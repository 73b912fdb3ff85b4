import { type AddressInfo, connect, type Socket } from "node:net";
import fastify from "fastify";
import { expect, onTestFinished, test, vi } from "vitest";
import { Unread } from "./unread.ts";
import { boundUnreadAnswers } from "./unread-answers.ts";

/** Some of each is in the buffers of the system, where it costs the broker nothing. */
const LONG = 16 * 1_048_576;
const KEPT = 2;
const READERS = 6;
const PATIENCE = { timeout: 60_000, interval: 20 };

interface Asked {
  readonly socket: Socket;
  closed: boolean;
}

function ask(port: number): Asked {
  const socket = connect({ host: "127.0.0.1", port });
  const asked = { socket, closed: false };
  socket.on("error", () => {});
  socket.on("close", () => {
    asked.closed = true;
  });
  socket.write("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  onTestFinished(() => void socket.destroy());
  return asked;
}

/** A reset is heard of without reading. */
function isTorn({ socket, closed }: Asked): boolean {
  socket.write("\r\n");
  return closed;
}

test("of answers that nobody takes, no more is kept than a bound; who reads gets theirs", async () => {
  const app = fastify({ forceCloseConnections: true });
  boundUnreadAnswers(app, new Unread(KEPT * LONG));
  app.get("/long", (_, reply) => reply.type("text/plain").send("a".repeat(LONG)));
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const asked = Array.from({ length: READERS }, () => ask(port));
  await vi.waitUntil(() => asked.filter(isTorn).length >= READERS - KEPT, PATIENCE);
  const whole = await fetch(`http://127.0.0.1:${port}/long`);
  expect((await whole.text()).length).toBe(LONG);
});
