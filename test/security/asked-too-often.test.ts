/** Whoever asks without end is turned away before it costs the broker much, and nobody else is. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

/** The fewest that can be set; somebody else's test may have used a part of a minute. */
const PER_MINUTE = 60;
const TRIES_MAX = 10 * PER_MINUTE;
let site: RunningBroker;

beforeAll(async () => {
  site = await startRunningBroker({
    SALLYPORT_LISTEN: "0.0.0.0",
    SALLYPORT_REQUESTS_PER_MINUTE: String(PER_MINUTE),
  });
}, 60_000);
afterAll(() => site.close());

/** All that one connection was told, from an address of the loopback network; "" where it was shut. */
async function told(localAddress: string, path: string, fields = ""): Promise<string> {
  const { port, host } = new URL(site.broker.address);
  const socket = connect({ host: "127.0.0.1", localAddress, port: Number(port) });
  let said = "";
  socket.on("error", () => {});
  socket.on("data", (part) => {
    said += part.toString("latin1");
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`);
  const closed = once(socket, "close");
  while (!socket.destroyed && !said.includes("\r\n\r\n")) {
    await Promise.race([once(socket, "data").catch(() => {}), closed]);
  }
  socket.destroy();
  return said;
}

async function untilTold(start: string, ask: () => Promise<string>): Promise<string> {
  for (let n = 0; n < TRIES_MAX; n += 1) {
    const said = await ask();
    if (start === "" ? said === "" : said.startsWith(start)) return said;
  }
  throw new Error("it was never told so");
}

test.each([
  ["127.0.0.71", "/api/me"],
  ["127.0.0.72", "/api/live/?EIO=4&transport=polling"],
  ["127.0.0.73", "/assets/none.js"],
])(
  "from %s, %s on and on is refused with the time to wait, and the connection ends",
  async (from, path) => {
    const said = await untilTold("HTTP/1.1 429", () => told(from, path));
    expect(said).toMatch(/\r\nretry-after: [1-9]\d?\r\n/i);
    expect(said).toMatch(/\r\nconnection: close\r\n/i);
    expect(said).toMatch(/\r\ncache-control: no-store\r\n/i);
    expect(said).toContain('"code":"rate-limited"');
    const page = await told(from, "/", "Sec-Fetch-Dest: document\r\n");
    expect(page).toMatch(/\r\ncontent-type: text\/html/i);
    expect(page).toContain("Too many requests.");
    expect(await told("127.0.0.79", "/healthz")).toMatch(/^HTTP\/1\.1 200/);
  },
);

test("who opens connections on and on gets none, before anything is read of it", async () => {
  const from = "127.0.0.74";
  const socket = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  await untilTold("", () => told(from, "/api/live/?EIO=4&transport=websocket", socket));
  expect(await told(from, "/healthz")).toBe("");
  expect(await told("127.0.0.79", "/healthz")).toMatch(/^HTTP\/1\.1 200/);
});
