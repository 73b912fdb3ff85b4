/** What whoever comes to the broker that waits may send, and what becomes of it at the active one. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { stayAfter } from "../../test/kit/staying-client.ts";
import { ActiveBroker, echo, peerKey, WaitingDoor } from "../../test/kit/two-brokers.ts";
import { dialPeer } from "../legs/peer-dialer.ts";
import type { ActivePlace } from "./active-place.ts";
import type { PeerKey } from "./peer-key.ts";
import { type RoadParts, RoadToActive } from "./road-to-active.ts";

// Some wait for what a slow machine does in its own time.
vi.setConfig({ testTimeout: 120_000 });
const WITHIN = { timeout: 60_000 };
const LIVE =
  "GET /api/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

async function pair(answer: Parameters<typeof ActiveBroker.start>[1] = echo) {
  const key = peerKey();
  const active = await ActiveBroker.start(key, answer);
  const waiting = await WaitingDoor.open(key);
  await waiting.follow(active);
  return { key, active, waiting };
}

/** All that is answered until the connection is closed. */
async function heard(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("error", () => {});
  socket.on("data", (part) => {
    answer += part;
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

test("a WebSocket that is asked for before the answer to something else ends that connection alone", async () => {
  const { active, waiting } = await pair((incoming) => void incoming.resume());
  for (const before of ["/", "/healthz"]) {
    const ask = `GET ${before} HTTP/1.1\r\nHost: a\r\n\r\n${LIVE}`;
    expect(await heard(waiting.port, ask)).not.toContain("101");
  }
  expect(active.seen.filter(({ url }) => url === "/api/live")).toEqual([]);
  expect((await fetch(`${waiting.address}/healthz`)).status).toBe(200);
});

test("a request without a body comes without one, whatever it changes", async () => {
  const { active, waiting } = await pair();
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const ask = `${method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    expect(await heard(waiting.port, ask)).toContain('"length":0');
  }
  const lengths = active.seen.map(({ headers }) => headers["content-length"]);
  expect(lengths).toEqual(["0", "0", "0", undefined]);
  const cut = active.seen.map(({ headers }) => headers["transfer-encoding"]);
  expect(cut).toEqual(Array(4).fill(undefined));
});

test("what waits at a machine that is gone without a word is over once another one is active", async () => {
  const { key, active, waiting } = await pair((incoming) => void incoming.resume());
  const read = fetch(`${waiting.address}/read`);
  const change = fetch(`${waiting.address}/change`, { method: "POST", body: "{}" });
  await expect.poll(() => active.seen.length, WITHIN).toBe(2);
  const next = await ActiveBroker.start(key, echo);
  await waiting.follow(next);
  expect((await change).status).toBe(502);
  expect((await read).status).toBe(200);
  expect(next.seen.map(({ url }) => url)).toEqual(["/read"]);
});

test("a WebSocket that is not answered yet does not keep the door from closing", async () => {
  const { active, waiting } = await pair();
  active.console.on("upgrade", (incoming) => active.saw(incoming));
  const over = heard(waiting.port, LIVE);
  await expect.poll(() => active.seen.length, WITHIN).toBe(1);
  await waiting.door.close();
  expect(await over).toBe("");
});

function roadTo(parts: Partial<RoadParts>): RoadToActive {
  const road = new RoadToActive({ name: "broker-b", dial, key: () => undefined, say, ...parts });
  onTestFinished(() => road.close());
  return road;
}

const dial = (place: ActivePlace) => dialPeer({ plant: () => [], networks: [] }, place);
const say = () => {};

test("a key that comes to be seen later than what it seals is tried again", async () => {
  const made = peerKey();
  const active = await ActiveBroker.start(made, echo);
  let key: PeerKey | undefined;
  const road = roadTo({ key: () => key });
  road.follow(active.sealed);
  key = made;
  road.follow(active.sealed);
  expect(await road.whenUp(WITHIN.timeout)).toBe(true);
});

test("of many who come at one instant each has a turn, and the active broker's room is left to others", async () => {
  const key = peerKey();
  const active = await ActiveBroker.start(key, echo);
  let [now, most] = [0, 0];
  let last: Promise<unknown> = Promise.resolve();
  const road = roadTo({
    key: () => key,
    dial: (place) => {
      now += 1;
      most = Math.max(most, now);
      // One after the other: a slow machine makes each in its time.
      const made = last.then(() => dial(place));
      last = made.finally(() => {
        now -= 1;
      });
      return made;
    },
  });
  road.follow(active.sealed);
  expect(await road.whenUp(WITHIN.timeout)).toBe(true);
  const from = { address: "203.0.113.9", port: 4_000 };
  const many = Array.from({ length: 120 }, () => road.connect("console", from));
  expect((await Promise.all(many)).length).toBe(120);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(64);
});

test("who is refused a WebSocket and stays is let go of", async () => {
  const waiting = await WaitingDoor.open(peerKey());
  expect(await stayAfter(waiting.port, LIVE)).toContain("503");
});
