/** The live channel against who has no right to it: foreign pages, foreign sessions, dead sign-ins. */
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { AttachAnswer, LiveAnswer, ResumeAnswer } from "../../broker/api/shapes/live.ts";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import type { EndReport } from "../../broker/sessions/session.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { ModbusClient } from "../../protocols/modbus/client.ts";
import { TapeDecoder } from "../../protocols/tape/decoder.ts";
import { type ConsoleUser, connected, type UserSocket } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

/** Of answers that come at once on a machine with nothing else to do. */
const PATIENCE = { timeout: 30_000, interval: 20 };

let site: RunningBroker;
let engineer: ConsoleUser;
let supervisor: ConsoleUser;
const sockets: UserSocket[] = [];

beforeAll(async () => {
  site = await startRunningBroker();
  engineer = await site.invite("Ann", ["engineer"]);
  supervisor = await site.invite("Sue", ["supervisor"]);
}, 60_000);
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(() => site.close());

async function page(user: ConsoleUser): Promise<UserSocket> {
  const socket = user.socket();
  sockets.push(socket);
  return connected(socket);
}

async function session(user: ConsoleUser): Promise<string> {
  const opened = await user.ask("POST", "/api/sessions", { endpoint: "plc-treatment/modbus" });
  expect(opened.status).toBe(201);
  return opened.body.id;
}

function attach(socket: UserSocket, id: string, channel = "main"): Promise<AttachAnswer> {
  return new Promise((resolve) => socket.emit("attach", id, channel, resolve));
}

function resume(socket: UserSocket, id: string): Promise<ResumeAnswer> {
  const kept = { channel: 1, received: 0, shown: 0 };
  return new Promise((resolve) => socket.emit("resume", id, "main", kept, resolve));
}

function watch(socket: UserSocket, id: string, from = 0): Promise<LiveAnswer> {
  return new Promise((resolve) => socket.emit("watch", id, from, resolve));
}

/** Resolves with why the socket went. */
async function gone(socket: UserSocket): Promise<string> {
  return (await once(socket as never, "disconnect"))[0];
}

test.each([
  ["another origin", { origin: "http://evil.example" }],
  ["an origin that begins like ours", { origin: "http://localhost:1" }],
  ["the opaque origin", { origin: "null" }],
  ["no cookie", { cookie: "" }],
  ["an invented cookie", { cookie: `__Host-sallyport=${"A".repeat(43)}` }],
  ["another host", { host: "evil.example" }],
])("a socket with %s is refused", async (_name, headers) => {
  const socket = engineer.socket(headers);
  sockets.push(socket);
  await expect(connected(socket)).rejects.toThrow();
});

test("a socket with the token of a sign-in that has ended is refused", async () => {
  const leaver = await site.invite("Leaver", ["engineer"]);
  const stale = leaver.socket();
  sockets.push(stale);
  await leaver.ask("POST", "/api/sign-out", {});
  await expect(connected(stale)).rejects.toThrow();
});

test("polling is no way in besides the websocket", async () => {
  const answer = await engineer.ask("GET", "/api/live/?EIO=4&transport=polling");
  expect(answer.status).toBe(400);
});

test("a page that is quiet is spoken to before any proxy on the way gives it up", async () => {
  const socket = engineer.socket();
  sockets.push(socket);
  const connecting = connected(socket);
  const [told] = (await once(socket.io.engine as never, "handshake")) as [
    { readonly pingInterval: number; readonly pingTimeout: number },
  ];
  await connecting;
  // They wait 30 s and more; a page that has gone is noticed within the shortest lease.
  expect(told.pingInterval).toBeLessThanOrEqual(15_000);
  expect(told.pingInterval + told.pingTimeout).toBeLessThanOrEqual(30_000);
});

test("a channel of a protocol that asks anew is not kept: its owner's own page attaches", async () => {
  const id = await session(engineer);
  const first = await page(engineer);
  expect(await attach(first, id)).toEqual({ ok: true, channel: 1 });
  const second = await page(engineer);
  expect(await resume(second, id)).toMatchObject({ ok: false, code: "not-kept" });
  await engineer.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
});

test("the owner reads the plant, is refused by rule, and sees both", async () => {
  const id = await session(engineer);
  const socket = await page(engineer);
  expect(await attach(socket, id)).toEqual({ ok: true, channel: 1 });
  const client = new ModbusClient();
  const answers: unknown[] = [];
  const events: unknown[] = [];
  socket.on("bytes", (_id, _channel, bytes) => {
    const received = client.receive(new Uint8Array(bytes));
    if (received.kind === "answers") answers.push(...received.answers.map(({ reply }) => reply));
    socket.emit("credit", id, "main", bytes.byteLength);
  });
  socket.on("event", (_id, event) => events.push(event));
  socket.emit("bytes", id, "main", client.request(readPoints(1, "holding-registers", 11, 1)).bytes);
  await vi.waitUntil(() => answers.length === 1, PATIENCE);
  expect(answers[0]).toEqual({ kind: "answer", values: [[350]] });
  socket.emit(
    "bytes",
    id,
    "main",
    client.request(writePoints(1, "holding-registers", 11, [500])).bytes,
  );
  await vi.waitUntil(() => answers.length === 2, PATIENCE);
  expect(answers[1]).toMatchObject({ kind: "exception" });
  expect(events).toContainEqual(
    expect.objectContaining({ kind: "decision", verdict: "deny", rule: "pump-tuning/pump speed" }),
  );
  const ended = await engineer.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
  expect(ended.status).toBe(200);
  await vi.waitUntil(
    () => events.some((event) => (event as { kind: string }).kind === "end"),
    PATIENCE,
  );
});

test("an id is no right: nobody attaches to or feeds the session of another person", async () => {
  const id = await session(engineer);
  const other = await site.invite("Mallory", ["engineer"]);
  const socket = await page(other);
  const refused = await attach(socket, id);
  const unknown = await attach(socket, "00000000-0000-7000-8000-000000000000");
  expect(refused).toMatchObject({ ok: false, code: "not-found" });
  expect(refused).toEqual(unknown);
  expect(await watch(socket, id)).toEqual(unknown);
  expect(await resume(socket, id)).toEqual(unknown);
  socket.emit("bytes", id, "main", readBytes());
  socket.emit("credit", id, "main", 100);
  socket.emit("activity", id);
  await attach(socket, "again");
  const shown = await engineer.ask<LiveSessionView>("GET", `/api/sessions/${id}`);
  expect(shown.body.counts).toEqual({ observed: 0, changed: 0, refused: 0 });
  await engineer.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
});

function readBytes(): Uint8Array {
  return new ModbusClient().request(readPoints(1, "coils", 0, 1)).bytes;
}

test("a supervisor watches from the first record on, each once; the owner is told", async () => {
  const id = await session(engineer);
  const owner = await page(engineer);
  await attach(owner, id);
  const watchers: unknown[] = [];
  owner.on("event", (_id, event) => event.kind === "watchers" && watchers.push(event.subjects));
  for (let n = 0; n < 20; n += 1) owner.emit("bytes", id, "main", readBytes());
  const socket = await page(supervisor);
  const decoder = new TapeDecoder();
  const sequences: number[] = [];
  socket.on("tape", (_id, encoded) => {
    const { records } = decoder.push(new Uint8Array(encoded));
    sequences.push(...records.map((record) => record.sequence));
    socket.emit("credit", id, "tape", encoded.byteLength);
  });
  const unwatched = once(socket as never, "unwatched");
  expect(await watch(socket, id)).toEqual({ ok: true });
  await vi.waitUntil(() => watchers.length > 0, PATIENCE);
  expect(watchers[0]).toEqual(["Sue"]);
  const cut = await supervisor.ask<EndReport>("POST", `/api/sessions/${id}/end`, {
    reason: "drill",
  });
  expect(cut.body.cutMicroseconds).toBeGreaterThan(0);
  expect((await unwatched)[1]).toMatchObject({ rule: "cut", reason: "Sue: drill" });
  expect(sequences.length).toBeGreaterThan(40);
  expect(sequences).toEqual(sequences.map((_, n) => n));
});

test("the right to watch ends with the role", async () => {
  const id = await session(engineer);
  const watcher = await site.invite("Former", ["supervisor"]);
  const socket = await page(watcher);
  await watch(socket, id);
  const unwatched = once(socket as never, "unwatched");
  await site.first.ask("PATCH", `/api/people/${watcher.me?.person.id}`, { roles: ["vendor"] });
  expect((await unwatched)[1]).toMatchObject({ rule: "right-lost" });
  await engineer.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
});

test("when a sign-in ends its pages are told and cut off, and its session ends", async () => {
  const user = await site.invite("Short", ["engineer"]);
  const id = await session(user);
  const socket = await page(user);
  await attach(socket, id);
  const told = once(socket as never, "signedOut");
  const away = gone(socket);
  await user.ask("POST", "/api/sign-out", {});
  expect((await told)[0]).toMatchObject({ rule: "signed-out" });
  expect(await away).toBe("io server disconnect");
  const left = await supervisor.ask<LiveSessionView[]>("GET", "/api/sessions");
  expect(left.body.map((view) => view.id)).not.toContain(id);
});

test("a second page takes the session over, and the first is told", async () => {
  const id = await session(engineer);
  const [first, second] = [await page(engineer), await page(engineer)];
  await attach(first, id);
  const told = once(first as never, "unwatched");
  expect(await attach(second, id)).toMatchObject({ ok: true });
  expect((await told)[1]).toMatchObject({ rule: "taken-over" });
  const replies = once(second as never, "bytes");
  first.emit("bytes", id, "main", readBytes());
  second.emit("bytes", id, "main", readBytes());
  await replies;
  const shown = await engineer.ask<LiveSessionView>("GET", `/api/sessions/${id}`);
  expect(shown.body.counts.observed).toBe(1);
  await engineer.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
});

test("a page has several channels, each on its own, and no more than it may", async () => {
  const id = await session(engineer);
  const socket = await page(engineer);
  expect(await attach(socket, id)).toEqual({ ok: true, channel: 1 });
  const second = await attach(socket, id, "second");
  expect(second.ok && second.channel > 1).toBe(true);
  const heard: string[] = [];
  socket.on("bytes", (_id, channel) => heard.push(channel));
  socket.emit("bytes", id, "second", readBytes());
  await vi.waitUntil(() => heard.length === 1, PATIENCE);
  socket.emit("detach", id, "second");
  socket.emit("bytes", id, "second", readBytes());
  socket.emit("bytes", id, "main", readBytes());
  await vi.waitUntil(() => heard.length === 2, PATIENCE);
  expect(heard).toEqual(["second", "main"]);
  for (let n = 1; n < 16; n += 1) expect((await attach(socket, id, `more-${n}`)).ok).toBe(true);
  expect(await attach(socket, id, "one-too-many")).toMatchObject({ ok: false, code: "too-many" });
  // Under a name that it has the page opens the channel anew.
  expect(await attach(socket, id, "more-1")).toMatchObject({ ok: true });
  await engineer.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
});

const MALFORMED: readonly (readonly [what: string, name: string, message: readonly unknown[]])[] = [
  ["an id that is no text", "attach", [{}, "main", () => {}]],
  ["nobody to answer to", "attach", ["id", "main"]],
  ["a channel without a name", "attach", ["id", "", () => {}]],
  ["the name of the tape for a channel", "attach", ["id", "tape", () => {}]],
  ["an endless name", "detach", ["id", "x".repeat(33)]],
  ["text instead of bytes", "bytes", ["id", "main", "text"]],
  ["a list for an id", "bytes", [["id"], "main", new Uint8Array(1)]],
  ["negative credit", "credit", ["id", "main", -1]],
  ["credit that is no number", "credit", ["id", "main", Number.NaN]],
  ["a negative sequence number", "watch", ["id", -2, () => {}]],
  ["an endless id", "activity", ["x".repeat(10_000)]],
  ["a message that does not exist", "no-such-message", ["id"]],
  ["the name of a prototype", "__proto__", ["id"]],
  ["the name of a method", "toString", ["id"]],
];

test.each(MALFORMED)("a page that sends %s is cut off", async (_what, name, message) => {
  const socket = await page(engineer);
  const away = gone(socket);
  socket.emit(name as "activity", ...(message as [string]));
  expect(await away).toBe("io server disconnect");
});

test("a message that is too large, or too many of them, end the socket", async () => {
  const large = await page(engineer);
  const largeGone = gone(large);
  large.emit("bytes", "id", "main", new Uint8Array(100_000));
  expect(await largeGone).toBe("transport close");
  const many = await page(engineer);
  const manyGone = gone(many);
  for (let n = 0; n < 3_000; n += 1) many.emit("activity", "id");
  expect(await manyGone).toBe("io server disconnect");
});

test("lists are announced to those alone whose rights fill them", async () => {
  const [auditor, vendor] = [
    await site.invite("Audit", ["auditor"]),
    await site.invite("Vince", ["vendor"]),
  ];
  const heard = new Map<string, Set<string>>();
  for (const [name, user] of Object.entries({ engineer, supervisor, auditor, vendor })) {
    const topics = new Set<string>();
    heard.set(name, topics);
    (await page(user)).on("changed", (topic) => topics.add(topic));
  }
  const id = await session(engineer);
  await engineer.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
  await vi.waitUntil(() => heard.get("supervisor")?.has("sessions"), PATIENCE);
  expect(heard.get("supervisor")).toContain("events");
  expect(heard.get("auditor")).toContain("recordings");
  expect(heard.get("auditor")).not.toContain("sessions");
  expect(heard.get("vendor")).not.toContain("events");
  expect(heard.get("vendor")).not.toContain("recordings");
  expect(heard.get("engineer")).not.toContain("events");
});

test("a browser may have some pages, not any number", async () => {
  const user = await site.invite("Tabs", ["engineer"]);
  const open = Array.from({ length: 24 }, () => page(user));
  const settled = await Promise.allSettled(open);
  const refused = settled.filter((result) => result.status === "rejected").length;
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(10);
});
