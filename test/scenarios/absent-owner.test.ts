/**
 * A session whose owner's page is gone ends by its lease; one whose page comes back goes on.
 * Takes some seconds, since the shortest lease is five.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import type { RecordingView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { readPoints } from "../../protocols/modbus/build.ts";
import { ModbusClient } from "../../protocols/modbus/client.ts";
import { EXCEPTION } from "../../protocols/modbus/exception.ts";
import { connected, type UserSocket } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const WITHIN = { timeout: 15_000, interval: 100 };

let site: RunningBroker;
beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_SESSION_LEASE: "5s" });
}, 60_000);
afterAll(() => site.close());

async function open(): Promise<string> {
  const endpoint = "plc-treatment/modbus";
  return (await site.first.ask("POST", "/api/sessions", { endpoint })).body.id;
}

async function attach(id: string): Promise<[UserSocket, LiveAnswer]> {
  const socket = await connected(site.first.socket());
  return [socket, await new Promise((resolve) => socket.emit("attach", id, "main", resolve))];
}

async function isLive(id: string): Promise<boolean> {
  return (await site.first.ask("GET", `/api/sessions/${id}`)).status === 200;
}

async function endOf(id: string): Promise<string | undefined> {
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  return body.find((event) => event.session === id && event.kind === "session:ended")?.text;
}

test("a closed tab, or one that never came, ends the session; a page that returns keeps it", async () => {
  const [never, closed, kept] = [await open(), await open(), await open()];
  (await attach(closed))[0].disconnect();
  (await attach(kept))[0].disconnect();
  const [back, answer] = await attach(kept);
  expect(answer).toMatchObject({ ok: true });
  await vi.waitUntil(async () => !(await isLive(never)) && !(await isLive(closed)), WITHIN);
  expect(await isLive(kept)).toBe(true);
  expect(await endOf(never)).toContain("(lease)");
  expect(await endOf(closed)).toContain("(lease)");
  back.disconnect();
  const sealed = () => site.first.ask<RecordingView[]>("GET", "/api/recordings?state=sealed");
  await vi.waitUntil(async () => (await sealed()).body.some(({ id }) => id === closed), WITHIN);
}, 40_000);

test("an asset that is gone takes no session along: the owner is answered, the lease still counts", async () => {
  const id = await open();
  const [socket, answer] = await attach(id);
  expect(answer).toMatchObject({ ok: true });
  await site.plant.close();
  const client = new ModbusClient();
  const replies: unknown[] = [];
  socket.on("bytes", (_id, _channel, bytes) => {
    const received = client.receive(new Uint8Array(bytes));
    if (received.kind === "answers") replies.push(...received.answers.map(({ reply }) => reply));
  });
  socket.emit("bytes", id, "main", client.request(readPoints(1, "coils", 0, 1)).bytes);
  await vi.waitUntil(() => replies.length > 0, WITHIN);
  expect(replies).toEqual([{ kind: "exception", code: EXCEPTION.gatewayTarget }]);
  socket.disconnect();
  await vi.waitUntil(async () => !(await isLive(id)), WITHIN);
}, 40_000);
