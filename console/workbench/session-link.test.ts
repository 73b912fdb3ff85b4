import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { afterEach, expect, test } from "vitest";
import type {
  AttachAnswer,
  FromBroker,
  FromBrowser,
  Kept,
  ResumeAnswer,
} from "../../broker/api/shapes/live.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { ACTIVITY_EVERY_MS, SessionLink } from "./session-link.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A real socket.io pair over loopback; the broker's side answers `attach` as told. */
async function setUp(answers: AttachAnswer[]) {
  const http = createServer();
  const server = new Server<FromBrowser, FromBroker>(http, { transports: ["websocket"] });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const { port } = http.address() as AddressInfo;
  const told: string[] = [];
  server.on("connection", (socket) => {
    socket.on("attach", (session, _channel, done) => {
      told.push(`attach ${session}`);
      done(answers.shift() ?? { ok: true, channel: 1 });
    });
    socket.on("detach", (_session, channel) => told.push(`detach ${channel}`));
    socket.on("activity", () => told.push("activity"));
    socket.on("bytes", (_session, channel, bytes) => {
      told.push(`bytes ${bytes.length}`);
      socket.emit("bytes", "another session", channel, new Uint8Array(7));
      socket.emit("bytes", "s1", channel, new Uint8Array([1, 2]));
    });
    socket.on("credit", (_session, channel, count) => told.push(`credit ${channel} ${count}`));
  });
  const socket: Socket<FromBroker, FromBrowser> = io(`http://127.0.0.1:${port}`, {
    transports: ["websocket"],
    reconnectionDelay: 20,
  });
  const clock = new TestClock();
  const seen: string[] = [];
  const link = new SessionLink(socket, "s1", clock, {
    attached: () => seen.push("attached"),
    away: (keeps) => seen.push(keeps ? "away, kept" : "away"),
    resumed: () => seen.push("resumed"),
    refused: (answer, again) => seen.push(`refused ${answer.code} ${again}`),
    bytes: (bytes) => seen.push(`bytes ${[...bytes]}`),
    closed: (cause) => seen.push(`closed ${cause.rule}`),
    event: (event) => seen.push(`event ${event.kind}`),
    takenOver: (cause) => seen.push(`taken over ${cause.rule}`),
  });
  closing.push(() => {
    link.close();
    socket.disconnect();
    void server.close();
  });
  link.start();
  return { link, seen, told, clock, socket, server };
}

test("bytes of the own session are handed on and credited when the page says so", async () => {
  const { link, seen, told } = await setUp([]);
  await expect.poll(() => seen).toContain("attached");
  link.send(new Uint8Array(12));
  await expect.poll(() => seen).toEqual(["attached", "bytes 1,2"]);
  link.credit(1);
  link.credit(1);
  await expect.poll(() => told).toEqual(["attach s1", "bytes 12", "credit main 2"]);
});

test("more than a page may say is said in fewer messages, whole and in its order", async () => {
  const { link, seen, server } = await setUp([]);
  await expect.poll(() => seen).toContain("attached");
  const heard: number[] = [];
  let messages = 0;
  for (const socket of server.sockets.sockets.values()) {
    socket.on("bytes", (_session, _channel, bytes) => {
      heard.push(...bytes);
      messages += 1;
    });
  }
  const said = Array.from({ length: 5_000 }, (_, n) => n % 251);
  for (const each of said) link.send(Uint8Array.of(each));
  await expect.poll(() => heard.length).toBe(said.length);
  expect(heard).toEqual(said);
  expect(messages).toBeLessThan(1_000);
});

test("a link comes back by itself when the network does", async () => {
  const { seen, socket } = await setUp([]);
  await expect.poll(() => seen).toContain("attached");
  socket.io.engine.close();
  await expect.poll(() => seen).toEqual(["attached", "away", "attached"]);
});

test("an asset that does not answer yet is tried again", async () => {
  const { seen, clock } = await setUp([
    { ok: false, code: "asset-unreachable", message: "The asset does not answer." },
  ]);
  await expect.poll(() => seen).toEqual(["refused asset-unreachable true"]);
  clock.advance(1000);
  await expect.poll(() => seen).toEqual(["refused asset-unreachable true", "attached"]);
});

test("a session that is not one's own is not tried again", async () => {
  const { seen, told, clock } = await setUp([{ ok: false, code: "not-found", message: "None." }]);
  await expect.poll(() => seen).toEqual(["refused not-found false"]);
  clock.advance(60_000);
  expect(told).toEqual(["attach s1"]);
});

test("activity is told at most once a second", async () => {
  const { link, seen, told, clock } = await setUp([]);
  await expect.poll(() => seen).toContain("attached");
  for (let n = 0; n < 50; n += 1) link.activity();
  clock.advance(ACTIVITY_EVERY_MS);
  link.activity();
  await expect.poll(() => told).toEqual(["attach s1", "activity", "activity"]);
});

test("a page whose session was taken over does not take it back by itself", async () => {
  const { link, seen, told, server, socket } = await setUp([]);
  await expect.poll(() => seen).toContain("attached");
  server.emit("unwatched", "s1", { rule: "taken-over", reason: "opened in another page" });
  await expect.poll(() => seen).toContain("taken over taken-over");
  socket.io.engine.close();
  await expect.poll(() => socket.connected).toBe(false);
  await expect.poll(() => socket.connected).toBe(true);
  link.retry();
  await expect.poll(() => told).toEqual(["attach s1", "attach s1"]);
});

test("a further channel has its own bytes and credit, and is told when it is over", async () => {
  const { link, seen, told, server } = await setUp([]);
  await expect.poll(() => seen).toContain("attached");
  const side = link.openSide("files", {
    opened: (channel) => seen.push(`side ${channel}`),
    refused: ({ code }) => seen.push(`side refused ${code}`),
    bytes: (bytes, shown) => {
      seen.push(`side bytes ${[...bytes]}`);
      shown();
    },
    closed: (cause) => seen.push(`side closed ${cause.rule}`),
  });
  await expect.poll(() => seen).toContain("side 1");
  side.send(new Uint8Array(3));
  await expect.poll(() => told).toContain("credit files 2");
  expect(seen).toContain("side bytes 1,2");
  server.emit("closed", "s1", "files", { rule: "asset-closed", reason: "gone" });
  await expect.poll(() => seen).toContain("side closed asset-closed");
  side.send(new Uint8Array(4));
  link.send(new Uint8Array(5));
  await expect.poll(() => told).toContain("bytes 5");
  expect(told).not.toContain("bytes 4");
});

test("a further channel is over when the network goes, and does not come back by itself", async () => {
  const { link, seen, socket } = await setUp([]);
  await expect.poll(() => seen).toContain("attached");
  link.openSide("files", {
    opened: () => seen.push("side"),
    refused: () => {},
    bytes: () => {},
    closed: (cause) => seen.push(`side closed ${cause.rule}`),
  });
  await expect.poll(() => seen).toContain("side");
  socket.io.engine.close();
  await expect.poll(() => seen.filter((line) => line === "attached").length).toBe(2);
  expect(seen.filter((line) => line.startsWith("side"))).toEqual(["side", "side closed away"]);
});

/** A broker that keeps the channel: what it is told when the page is back, and what it answers. */
async function keeping(answer: ResumeAnswer) {
  const site = await setUp([{ ok: true, channel: 7, keeps: true }]);
  const told: { kept?: Kept; bytes: number[] } = { bytes: [] };
  site.server.on("connection", (socket) => {
    socket.on("resume", (_session, _channel, kept, done) => {
      told.kept = kept;
      done(answer);
      socket.on("bytes", (_name, _channel, bytes) => told.bytes.push(...bytes));
    });
  });
  await expect.poll(() => site.seen).toContain("attached");
  return { ...site, back: told };
}

test("a kept channel goes on: what the broker has not is sent again, and nothing else", async () => {
  const { link, seen, socket, back } = await keeping({ ok: true, received: 2 });
  link.send(Uint8Array.of(1, 2, 3));
  await expect.poll(() => seen).toContain("bytes 1,2");
  link.credit(1);
  link.send(Uint8Array.of(4));
  await expect.poll(() => seen.filter((line) => line === "bytes 1,2").length).toBe(2);
  socket.io.engine.close();
  await expect.poll(() => socket.connected).toBe(false);
  link.send(Uint8Array.of(5));
  await expect.poll(() => seen).toContain("resumed");
  expect(seen).toContain("away, kept");
  expect(back.kept).toEqual({ channel: 7, received: 4, shown: 1 });
  link.send(Uint8Array.of(6));
  await expect.poll(() => back.bytes).toEqual([3, 4, 5, 6]);
});

test("where the channel has ended meanwhile there is a new one", async () => {
  const { link, seen, told, socket } = await keeping({
    ...{ ok: false, code: "not-kept", message: "It ended." },
  });
  link.send(Uint8Array.of(1));
  await expect.poll(() => told).toContain("bytes 1");
  socket.io.engine.close();
  await expect.poll(() => told.filter((line) => line === "attach s1").length).toBe(2);
  await expect.poll(() => seen.filter((line) => line === "attached").length).toBe(2);
  link.send(Uint8Array.of(2, 3));
  await expect.poll(() => told).toContain("bytes 2");
});

test("what the broker was told of need not be kept", async () => {
  const { link, server, socket, seen, back } = await keeping({ ok: true, received: 1 });
  link.send(Uint8Array.of(1));
  link.send(Uint8Array.of(2));
  await expect.poll(() => seen).toContain("bytes 1,2");
  server.emit("taken", "s1", "main", 2);
  server.emit("bytes", "s1", "main", Uint8Array.of(9));
  await expect.poll(() => seen).toContain("bytes 9");
  socket.io.engine.close();
  // It says that it has less than it had: such a channel is not gone on with.
  await expect.poll(() => seen.filter((line) => line === "attached").length).toBe(2);
  expect(back.bytes).toEqual([]);
});
