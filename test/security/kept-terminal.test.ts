/** A terminal that waits for the page whose connection broke: who may go on with it, and from where. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { AttachAnswer, Kept, ResumeAnswer } from "../../broker/api/shapes/live.ts";
import type { PlantView } from "../../broker/api/shapes/plant.ts";
import { encodeMessage } from "../../protocols/ssh/message.ts";
import { writeTerminal } from "../../protocols/ssh/terminal-modes.ts";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import { type ConsoleUser, connected, type UserSocket } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const ENDPOINT = "switch-works/ssh";
const WITHIN = { timeout: 30_000, interval: 25 };
const NOTHING = new Uint8Array(0);
const NOT_KEPT = { ok: false, code: "not-kept" };

let site: RunningBroker;
let ann: ConsoleUser;
const sockets: UserSocket[] = [];

beforeAll(async () => {
  site = await startRunningBroker();
  const credential = { kind: "password", ...SWITCH_LOGIN };
  await site.first.ask("POST", "/api/credentials", { endpoint: ENDPOINT, credential });
  ann = await site.invite("Ann", ["engineer"]);
}, 120_000);
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(() => site.close());

/** A page, and all that it was sent of the terminal. */
class TestPage {
  readonly socket: UserSocket;
  readonly id: string;
  received = 0;
  said = "";
  takenOver = false;

  private constructor(socket: UserSocket, id: string) {
    this.socket = socket;
    this.id = id;
    socket.on("bytes", (_session, _channel, bytes) => {
      this.received += bytes.byteLength;
      this.said += Buffer.from(new Uint8Array(bytes)).toString("latin1");
    });
    socket.on("unwatched", () => {
      this.takenOver = true;
    });
  }

  static async open(user: ConsoleUser, id: string): Promise<TestPage> {
    const socket = user.socket();
    sockets.push(socket);
    return new TestPage(await connected(socket), id);
  }

  attach(name = "main"): Promise<AttachAnswer> {
    return new Promise((resolve) => this.socket.emit("attach", this.id, name, resolve));
  }

  resume(kept: Kept, name = "main"): Promise<ResumeAnswer> {
    return new Promise((resolve) => this.socket.emit("resume", this.id, name, kept, resolve));
  }

  send(bytes: Uint8Array): number {
    this.socket.emit("bytes", this.id, "main", bytes);
    return bytes.length;
  }

  type(text: string): number {
    return this.send(encodeMessage({ kind: "data", bytes: Buffer.from(text) }));
  }

  /** A shell at its prompt; answers how many bytes were sent for it. */
  async shell(): Promise<number> {
    expect(await this.attach()).toEqual({ ok: true, channel: 1, keeps: true });
    const size = { columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 };
    const terminal = writeTerminal({ name: "xterm", ...size, modes: {} });
    const request = { kind: "request", wantReply: true } as const;
    const sent = [
      encodeMessage({ kind: "open", type: "session", rest: NOTHING }),
      encodeMessage({ ...request, name: "pty-req", rest: terminal }),
      encodeMessage({ ...request, name: "shell", rest: NOTHING }),
    ].map((message) => this.send(message));
    await vi.waitUntil(() => this.said.includes("sw-works#"), WITHIN);
    return sent.reduce((sum, count) => sum + count, 0);
  }

  get has(): Kept {
    return { channel: 1, received: this.received, shown: 0 };
  }
}

async function session(): Promise<string> {
  const plant = await ann.ask<PlantView>("GET", "/api/plant");
  const grant = plant.body.assets
    .flatMap(({ endpoints }) => endpoints)
    .find(({ id }) => id === ENDPOINT)
    ?.grants.find(({ profile }) => profile === "switch-maintenance")?.id;
  const opened = await ann.ask("POST", "/api/sessions", { endpoint: ENDPOINT, grant });
  expect(opened.status).toBe(201);
  return opened.body.id;
}

test("its own page goes on at the byte where it was; nobody else does, nor with another count", async () => {
  const id = await session();
  const first = await TestPage.open(ann, id);
  const sent = await first.shell();
  first.socket.disconnect();
  const mallory = await site.invite("Mallory", ["engineer", "supervisor"]);
  const foreign = await TestPage.open(mallory, id);
  expect(await foreign.resume(first.has)).toMatchObject({ ok: false, code: "not-found" });
  const back = await TestPage.open(ann, id);
  const has = first.has;
  expect(await back.resume({ ...has, channel: 2 })).toMatchObject(NOT_KEPT);
  expect(await back.resume({ ...has, received: has.received + 1 })).toMatchObject(NOT_KEPT);
  expect(await back.resume({ ...has, shown: has.received + 1 })).toMatchObject(NOT_KEPT);
  // As if the last bytes had never come: they come again, and what is typed goes to the same shell.
  const kept = { ...has, received: has.received - 5 };
  expect(await back.resume(kept)).toEqual({ ok: true, received: sent });
  await vi.waitUntil(() => back.received === 5, WITHIN);
  expect(first.said.endsWith(back.said)).toBe(true);
  back.type("configure terminal\r");
  await vi.waitUntil(() => back.said.includes("(config)#"), WITHIN);
  expect(back.said).not.toContain("sw-works# sw-works#");
  // Another page of hers takes it over: then there is nothing left to come back to.
  const other = await TestPage.open(ann, id);
  expect(await other.attach()).toMatchObject({ ok: true, keeps: true });
  await vi.waitUntil(() => back.takenOver, WITHIN);
  expect(await back.resume({ channel: 1, received: 0, shown: 0 })).toMatchObject(NOT_KEPT);
  await ann.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
}, 120_000);

test("channels that wait are no more than a page may have: the oldest go for new ones", async () => {
  const id = await session();
  const names = Array.from({ length: 16 }, (_, n) => `c-${n}`);
  const attachAll = async (page: TestPage, some: readonly string[]) => {
    for (const name of some) expect(await page.attach(name)).toMatchObject({ ok: true });
  };
  const first = await TestPage.open(ann, id);
  await attachAll(first, names);
  first.socket.disconnect();
  const back = await TestPage.open(ann, id);
  const kept = { received: 0, shown: 0 };
  expect(await back.resume({ ...kept, channel: 3 }, "c-2")).toEqual({ ok: true, received: 0 });
  await attachAll(back, ["d-0", "d-1"]);
  expect(await back.resume({ ...kept, channel: 2 }, "c-1")).toMatchObject(NOT_KEPT);
  expect(await back.resume({ ...kept, channel: 4 }, "c-3")).toEqual({ ok: true, received: 0 });
  await ann.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
}, 120_000);

test("a session that is ended while its page is away leaves nothing to come back to", async () => {
  const id = await session();
  const page = await TestPage.open(ann, id);
  await page.shell();
  page.type("configure terminal\rhostname left-behind\r");
  await vi.waitUntil(() => site.plant.switch.state.hostname === "left-behind", WITHIN);
  page.socket.disconnect();
  const ended = await site.first.ask("POST", `/api/sessions/${id}/end`, { reason: "test" });
  expect(ended.status).toBe(200);
  const back = await TestPage.open(ann, id);
  expect(await back.resume(page.has)).toMatchObject({ ok: false });
  expect(await back.attach()).toMatchObject({ ok: false });
  expect(back.received).toBe(0);
}, 120_000);
