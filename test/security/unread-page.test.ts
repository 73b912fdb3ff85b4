/** A page that takes nothing of what it is sent costs the broker no more than a bound. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW = 120_000;
const folder = makeFolder();
const flooded = new Set<Socket>();
let asset: Server;
let site: RunningBroker;

beforeAll(async () => {
  asset = createServer(flood).listen(0, "127.0.0.1");
  await once(asset, "listening");
  const file = path.join(folder, "plant.yaml");
  writeFileSync(file, plantFile((asset.address() as AddressInfo).port));
  site = await startRunningBroker({ SALLYPORT_PLANT: file });
}, 60_000);

afterAll(async () => {
  await site?.close();
  for (const socket of flooded) socket.destroy();
  asset?.close();
  removeFolder(folder);
});

/** Says as much as is taken, for ever. */
function flood(socket: Socket): void {
  flooded.add(socket);
  const much = Buffer.alloc(262_144, "a");
  const more = () => {
    while (socket.writable && socket.write(much));
  };
  socket.on("error", () => {});
  socket.on("drain", more);
  more();
}

const plantFile = (port: number) => `
site: { id: test, name: Test, time-zone: UTC }
zones:
  - { id: dmz, name: DMZ, level: 3.5, sl-t: 2 }
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
conduits:
  - { from: dmz, to: cell, protocols: [tcp] }
assets:
  - id: box
    name: Box
    zone: cell
    endpoints:
      - { id: service, protocol: tcp, address: "127.0.0.1:${port}", allow-local: true }
profiles:
  - { id: tool, rules: [{ name: vendor tool, permit: program, raw: true }] }
grants:
  - { id: work, subject: role:engineer, endpoint: box/service, profile: tool }
`;

/** The live channel as bytes, so that what comes can be left unread. */
async function rawPage(user: ConsoleUser): Promise<WebSocket> {
  const { address, cookieHeader: cookie } = user;
  const device = await user.proofFor("GET", "/api/live");
  const url = `${address.replace("http", "ws")}/api/live/?EIO=4&transport=websocket`;
  const page = new WebSocket(url, { headers: { origin: address, cookie } });
  page.on("error", () => {});
  const connected = new Promise<void>((resolve) => {
    page.on("message", (said) => {
      if (String(said).startsWith("0{")) page.send(`40${JSON.stringify({ device })}`);
      if (String(said).startsWith("40{")) resolve();
    });
  });
  await connected;
  return page;
}

/** Sends the same over and over, reads nothing, and resolves once the broker has let go of it. */
async function sendUntilGone(page: WebSocket, send: () => void): Promise<void> {
  page.pause();
  const gone = once(page, "close");
  const more = setInterval(() => {
    // As a page that lives.
    page.send("3");
    send();
  }, 20);
  await gone;
  clearInterval(more);
}

test(
  "one that pings and takes no answer is let go of",
  async () => {
    const page = await rawPage(site.first);
    const ping = Buffer.alloc(125);
    await sendUntilGone(page, () => {
      if (page.bufferedAmount > 0) return;
      for (let n = 0; n < 5_000; n += 1) page.ping(ping);
    });
    expect((await site.first.ask("GET", "/api/me")).status).toBe(200);
  },
  SLOW,
);

test(
  "one that returns credit for what it never took is let go of",
  async () => {
    const opened = await site.first.ask("POST", "/api/sessions", { endpoint: "box/service" });
    expect(opened.status).toBe(201);
    const { id } = opened.body;
    const page = await rawPage(site.first);
    page.send(`421${JSON.stringify(["attach", id, "main"])}`);
    await new Promise<void>((resolve) => {
      page.on("message", (said) => String(said).startsWith("431[") && resolve());
    });
    const credit = `42${JSON.stringify(["credit", id, "main", 1_048_576])}`;
    await sendUntilGone(page, () => {
      for (let n = 0; n < 5; n += 1) page.send(credit);
    });
    expect((await site.first.ask("GET", "/api/me")).status).toBe(200);
  },
  SLOW,
);
