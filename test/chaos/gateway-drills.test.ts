/**
 * Gateways that stand still, stop, are shut out or are far away, and the one that stands in for
 * them. The plant itself is asked what arrived; each gateway is a program of its own, and one of
 * them reaches control through a network that the test can hold up.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { LiveSessionView, RecordingView } from "../../broker/api/shapes/sessions.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { BehindGateway, UNTIL } from "../kit/behind-gateway.ts";
import { connected, type UserSocket } from "../kit/console-user.ts";
import { NetworkBetween } from "../kit/network-between.ts";
import { SessionPage } from "../kit/session-page.ts";

const SLOW = { timeout: 240_000 };
const ENDPOINT = "plc-treatment/modbus";
const READ = readPoints(1, "holding-registers", 11, 1);
const speed = (hertz: number) => writePoints(1, "holding-registers", 11, [hertz * 10]);
const PROFILE = `
  - id: drill
    rules:
      - { name: read all, permit: observe }
      - { name: speed, permit: operate, tags: [P101.SpeedSetpoint] }
`;
const GRANT = `
  - { id: drill, subject: "role:engineer", endpoint: ${ENDPOINT}, profile: drill }`;

let behind: BehindGateway;
let network: NetworkBetween;
const sockets: UserSocket[] = [];

beforeAll(async () => {
  network = await NetworkBetween.open();
  behind = await BehindGateway.open({
    gateways: ["dmz-a", "dmz-b"],
    endpoints: [ENDPOINT],
    edit: (text) =>
      text
        .replace("\nprofiles:\n", `\nprofiles:${PROFILE}`)
        .replace("\ngrants:\n", `\ngrants:${GRANT}\n`)
        // The broker would read it through the same gateways all the time.
        .replace(/\nkey-switches:\n[\s\S]*$/, "\n"),
  });
  await behind.stop("dmz-a", "SIGTERM");
  const file = join(behind.dataOf("dmz-a"), "gateway.json");
  const membership = JSON.parse(readFileSync(file, "utf8"));
  network.leadTo(membership.control.port);
  membership.control = { host: "127.0.0.1", port: network.port };
  writeFileSync(file, JSON.stringify(membership));
  await behind.start("dmz-a");
}, 240_000);

afterEach(() => {
  network.release();
  network.slow(0);
});

afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  await behind?.close();
  network?.close();
});

const plantSpeed = () => behind.site.plant.process.setpoints.p101Speed;

interface Opened {
  readonly id: string;
  readonly page: SessionPage;
  readonly socket: UserSocket;
}

async function opened(): Promise<Opened> {
  const id = await vi.waitUntil(async () => {
    const body = { endpoint: ENDPOINT, grant: "drill" };
    const answer = await behind.site.first.ask("POST", "/api/sessions", body);
    return answer.status === 201 && answer.body.id;
  }, UNTIL);
  const socket = await connected(behind.site.first.socket());
  sockets.push(socket);
  const page = await SessionPage.attach(socket, id);
  return { id, page, socket };
}

/** Through which gateway sessions go. */
async function carriers(): Promise<readonly string[]> {
  return (await behind.list()).gateways.flatMap((each) => (each.sessions > 0 ? [each.name] : []));
}

async function live(): Promise<readonly string[]> {
  const { body } = await behind.site.first.ask<LiveSessionView[]>("GET", "/api/sessions");
  return body.map(({ id }) => id);
}

async function over(id: string): Promise<void> {
  await vi.waitUntil(async () => !(await live()).includes(id), UNTIL);
}

/** Its page is told a little after the list knows. */
async function endedBy(page: SessionPage, rule: string): Promise<void> {
  await vi.waitUntil(() => page.events.at(-1)?.kind === "end", UNTIL);
  expect(page.events.at(-1)).toMatchObject({ cause: { rule } });
}

const said = (name: string) => behind.gateways.get(name)?.output ?? "";

/** So often has it said this. */
const times = (name: string, words: string) => said(name).split(words).length - 1;

const LEASE_OUT = "the lease is out";

test(
  "a network that holds everything up: frozen at once, and nothing late is carried out",
  SLOW,
  async () => {
    const { id, page, socket } = await opened();
    expect(await carriers()).toEqual(["dmz-a"]);
    expect(await page.ask(speed(31))).toMatchObject({ kind: "answer" });
    const before = times("dmz-a", LEASE_OUT);
    network.hold();
    await vi.waitUntil(() => times("dmz-a", LEASE_OUT) > before, UNTIL);
    // On its way while the gateway stands still: who sent it has seen no answer.
    const late = page.ask(speed(44));
    // Answered in order: control has passed it on, ahead of the next lease.
    await new Promise((done) => socket.emit("watch", id, 0, done));
    network.release();
    expect(await late).toMatchObject({ kind: "exception" });
    await vi.waitUntil(async () => (await page.ask(speed(32))).kind === "answer", UNTIL);
    await vi.waitUntil(() => plantSpeed() === 32, UNTIL);
    await behind.end(id);
    await behind.sealed(id);
  },
);

test(
  "a slow link carries a session; one that is slower than the lease carries none",
  SLOW,
  async () => {
    network.slow(300);
    const { id, page } = await opened();
    expect(await carriers()).toEqual(["dmz-a"]);
    expect(await page.ask(READ)).toMatchObject({ kind: "answer" });
    expect(await page.ask(speed(33))).toMatchObject({ kind: "answer" });
    const before = times("dmz-a", LEASE_OUT);
    network.slow(1_500);
    await vi.waitUntil(() => times("dmz-a", LEASE_OUT) > before, UNTIL);
    network.slow(0);
    await vi.waitUntil(async () => (await page.ask(READ)).kind === "answer", UNTIL);
    await behind.end(id);
    await behind.sealed(id);
    expect(plantSpeed()).toBe(33);
  },
);

test(
  "a gateway that stands still: its session ends, another one reaches the asset, and woken it does nothing",
  SLOW,
  async () => {
    const first = await opened();
    expect(await carriers()).toEqual(["dmz-a"]);
    expect(await first.page.ask(speed(34))).toMatchObject({ kind: "answer" });
    behind.gateways.get("dmz-a")?.process.kill("SIGSTOP");
    first.page.send(speed(44));
    await over(first.id);
    await endedBy(first.page, "gateway-away");
    const second = await opened();
    expect(await carriers()).toEqual(["dmz-b"]);
    expect(await second.page.ask(speed(35))).toMatchObject({ kind: "answer" });
    const before = times("dmz-a", "not connected to control");
    behind.gateways.get("dmz-a")?.process.kill("SIGCONT");
    await vi.waitUntil(() => times("dmz-a", "not connected to control") > before, UNTIL);
    await behind.connected("dmz-a");
    const recording = await behind.sealed(first.id);
    expect(recording.counts).toMatchObject({ changed: 1 });
    // All sessions of an endpoint go through one gateway, so that its limits count for all.
    const third = await opened();
    expect(await carriers()).toEqual(["dmz-b"]);
    await behind.end(third.id);
    await behind.end(second.id);
    expect(plantSpeed()).toBe(35);
  },
);

test(
  "a gateway that is stopped in order: known at once, handed over whole, and the other one takes over",
  SLOW,
  async () => {
    await behind.idle();
    const first = await opened();
    expect(await carriers()).toEqual(["dmz-a"]);
    expect(await first.page.ask(speed(36))).toMatchObject({ kind: "answer" });
    // Nobody reads what it says any more: that keeps it from nothing.
    const { stdout, stderr } = behind.gateways.get("dmz-a")?.process ?? {};
    for (const stream of [stdout, stderr]) stream?.destroy();
    await behind.stop("dmz-a", "SIGTERM");
    await over(first.id);
    await endedBy(first.page, "gateway-stopped");
    // Without waiting for its next start.
    expect((await behind.sealed(first.id)).counts).toMatchObject({ changed: 1 });
    const second = await opened();
    expect(await second.page.ask(speed(37))).toMatchObject({ kind: "answer" });
    expect(await carriers()).toEqual(["dmz-b"]);
    await behind.end(second.id);
    await behind.start("dmz-a");
  },
);

test(
  "a gateway is shut out while it records: over at once, and the recording says what is missing",
  SLOW,
  async () => {
    await behind.idle();
    const { id, page } = await opened();
    expect(await carriers()).toEqual(["dmz-a"]);
    expect(await page.ask(speed(38))).toMatchObject({ kind: "answer" });
    const known = (await behind.list()).gateways.find(({ name }) => name === "dmz-a");
    expect((await behind.site.first.ask("DELETE", `/api/gateways/${known?.id}`)).status).toBe(204);
    page.send(speed(44));
    await over(id);
    const state = async () => {
      const { body } = await behind.site.first.ask<RecordingView>("GET", `/api/recordings/${id}`);
      return body;
    };
    await expect.poll(async () => (await state()).state, UNTIL).toBe("gap");
    expect((await state()).cause).toMatch(/dmz-a was revoked/);
    await vi.waitUntil(() => said("dmz-a").includes("was revoked"), UNTIL);
    expect(plantSpeed()).toBe(38);
    const alarms = async () =>
      (await behind.site.first.ask<AlarmView[]>("GET", "/api/alarms")).body.map(({ kind }) => kind);
    await expect.poll(alarms, UNTIL).toContain("gateway-refused");
  },
);
