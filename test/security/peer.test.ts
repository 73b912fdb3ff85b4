/**
 * People who come to the broker that waits are led to the active one. Nobody else can be: who is no
 * broker of the site says nothing there that is heard, and leads nobody to a place of theirs.
 */
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { get, request } from "node:http";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { broker } from "../../broker/cli/doctor-standby.ts";
import { readConfig } from "../../broker/config.ts";
import { placeIn, sealPlace } from "../../broker/standby/active-place.ts";
import { makePeerCertificate } from "../../broker/standby/peer-certificate.ts";
import { helloLine } from "../../broker/standby/peer-hello.ts";
import type { PeerKey } from "../../broker/standby/peer-key.ts";
import { ActiveBroker, echo, peerKey, WaitingDoor } from "../kit/two-brokers.ts";

const WITHIN = { timeout: 60_000 };
// Some wait for what a slow machine does in its own time.
vi.setConfig({ testTimeout: 120_000 });
const HELLO = { door: "console", name: "b", address: "203.0.113.9", port: 4_000 } as const;

async function pair(key = peerKey(), answer: Parameters<typeof ActiveBroker.start>[1] = echo) {
  const active = await ActiveBroker.start(key, answer);
  const waiting = await WaitingDoor.open(key);
  await waiting.follow(active);
  return { key, active, waiting };
}

async function asked(address: string, path: string, init: RequestInit = {}) {
  const answer = await fetch(`${address}${path}`, init);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** As somebody who reaches the port between brokers. */
async function knock(active: ActiveBroker): Promise<TLSSocket> {
  const { port } = active.listener;
  const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

async function heard(socket: Socket, said: string | Uint8Array): Promise<string> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  const closed = once(socket, "close");
  socket.write(said);
  await closed;
  return Buffer.concat(parts).toString();
}

test("requests come to the active broker as they are, from where their people are", async () => {
  const { active, waiting } = await pair();
  const body = randomBytes(3_000_000);
  const put = await asked(waiting.address, "/api/files?a=%2F..", { method: "PUT", body });
  expect(put.status).toBe(200);
  expect(put.headers.get("x-console")).toBe("active");
  expect(JSON.parse(put.text)).toEqual({ method: "PUT", url: "/api/files?a=%2F..", length: 3e6 });
  for (const method of ["POST", "DELETE"]) {
    const stream = new ReadableStream({
      start: (controller) => {
        for (const length of [70_000, 7]) controller.enqueue(new Uint8Array(length));
        controller.close();
      },
    });
    const chunked = { method, body: stream, duplex: "half" } as RequestInit;
    expect(JSON.parse((await asked(waiting.address, "/x", chunked)).text).length).toBe(70_007);
  }
  expect(active.seen.map(({ address }) => address)).toEqual(Array(3).fill("127.0.0.1"));
});

test("what somebody writes about their own address is theirs: it is no more believed than at the active one", async () => {
  const { active, waiting } = await pair();
  const forged = {
    "x-forwarded-for": "10.0.0.1",
    forwarded: "for=10.0.0.1",
    "x-real-ip": "10.0.0.1",
    "sallyport-for": "10.0.0.1",
  };
  await asked(waiting.address, "/api/me", { headers: forged });
  expect(active.seen[0]).toMatchObject({ address: "127.0.0.1", headers: forged });
  // Nor can what a proxy has added be taken away by whoever comes through it.
  const raw = connectPlain(waiting.port, "127.0.0.1");
  const lines = ["GET / HTTP/1.1", "Host: a", "X-Forwarded-For: 10.9.9.9"];
  const head = `${[...lines, "Connection: close, X-Forwarded-For, Cookie", "Cookie: a=b"].join("\r\n")}\r\n\r\n`;
  expect(await heard(raw, head)).toContain("200 OK");
  expect(active.seen[1]?.headers).toMatchObject({ "x-forwarded-for": "10.9.9.9", cookie: "a=b" });
});

test("who is no broker of the site is not heard at the port between brokers", async () => {
  const { key, active } = await pair();
  const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const overheard = await knock(active);
  const line = helloLine(HELLO, overheard, key);
  const others = peerKey();
  const forged = (socket: TLSSocket, by: PeerKey) => helloLine(HELLO, socket, by);
  const unbound = createHmac("sha256", "guessed").update(JSON.stringify(HELLO)).digest("base64");
  const lines: readonly ((socket: TLSSocket) => string)[] = [
    () => `${request}`,
    // Of another connection.
    () => line,
    (socket) => forged(socket, others),
    () => `${unbound} ${JSON.stringify(HELLO)}\n`,
    // What was proved is all of it.
    (socket) => helloLine(HELLO, socket, key).replace("203.0.113.9", "203.0.113.8"),
    (socket) => helloLine({ ...HELLO, address: "localhost" }, socket, key),
    (socket) => helloLine({ ...HELLO, door: "plant" as "console" }, socket, key),
    () => "x".repeat(5_000),
    () => "\n",
    () => " \n",
  ];
  for (const say of lines) {
    const socket = await knock(active);
    expect(await heard(socket, `${say(socket)}${request}`)).toBe("");
  }
  expect(active.seen).toEqual([]);
  expect(active.strangers.length).toBe(lines.length);
  overheard.write(line);
  const [ok] = await once(overheard, "data");
  expect(String(ok)).toBe("ok\n");
});

test("plain words and half a handshake are not heard either, and nobody is kept from it by them", async () => {
  const { active, waiting } = await pair();
  const { port } = active.listener;
  const plain = connectPlain(port, "127.0.0.1");
  plain.on("error", () => {});
  expect(await heard(plain, "GET / HTTP/1.1\r\n\r\n")).not.toContain("HTTP/1.1 200");
  const many = Array.from({ length: 100 }, () => connectPlain(port, "127.0.0.1"));
  for (const each of many) each.on("error", () => {});
  onTestFinished(() => {
    for (const each of many) each.destroy();
  });
  expect((await asked(waiting.address, "/")).status).toBe(200);
});

test("nobody is led to a place that no broker of the site has published", async () => {
  const key = peerKey();
  const active = await ActiveBroker.start(peerKey(), echo);
  const { certificate } = await makePeerCertificate();
  const place = { host: "127.0.0.1", port: active.listener.port, certificate };
  const waiting = await WaitingDoor.open(key);
  for (const published of [
    active.sealed,
    sealPlace(place, peerKey()),
    JSON.stringify({ place, seal: "" }),
    JSON.stringify({ place }),
    "{}",
    "nothing",
  ]) {
    expect(placeIn(published, key)).toBeUndefined();
    waiting.road.follow(published);
    expect((await asked(waiting.address, "/")).status).toBe(503);
  }
  expect(waiting.said).toContain("Where the active broker is was published by none of this site.");
  expect([active.seen, active.strangers]).toEqual([[], []]);
});

test("what answers there with another certificate is told nothing", async () => {
  const key = peerKey();
  const active = await ActiveBroker.start(key, echo);
  const { certificate } = await makePeerCertificate();
  const { port } = active.listener;
  const waiting = await WaitingDoor.open(key);
  waiting.road.follow(sealPlace({ host: "127.0.0.1", port, certificate }, key));
  await expect.poll(() => waiting.said.join(), WITHIN).toMatch(/is not reached/);
  const refused = await asked(waiting.address, "/");
  expect(refused).toMatchObject({
    status: 503,
    text: '{"code":"standby","message":"It waits."}\n',
  });
  expect([active.seen, active.strangers]).toEqual([[], []]);
});

test("a place in a network of the plant is never gone to, whoever publishes it", async () => {
  const key = peerKey();
  const active = await ActiveBroker.start(key, echo);
  const waiting = await WaitingDoor.open(key, { networks: ["127.0.0.0/8"] });
  waiting.road.follow(active.sealed);
  await expect.poll(() => waiting.said.join(), WITHIN).toMatch(/in a network of the plant/);
  expect((await asked(waiting.address, "/")).status).toBe(503);
  expect([active.seen, active.strangers]).toEqual([[], []]);
});

test("two that wait never lead people round in a circle", async () => {
  const key = peerKey();
  const [one, other] = [await WaitingDoor.open(key), await WaitingDoor.open(key)];
  const { certificate } = await makePeerCertificate();
  const at = (port: number) => sealPlace({ host: "127.0.0.1", port, certificate }, key);
  one.road.follow(at(other.port));
  other.road.follow(at(one.port));
  await expect.poll(() => one.said.join() && other.said.join(), WITHIN).toMatch(/is not reached/);
  for (const { address } of [one, other]) {
    expect((await asked(address, "/")).status).toBe(503);
  }
});

test("a body comes as fast as it is read, and one that breaks off is not taken for whole", async () => {
  let [came, isOver] = [0, ""];
  let go = () => {};
  const { waiting } = await pair(peerKey(), (incoming) => {
    incoming.on("data", (part: Buffer) => {
      if (came === 0) incoming.pause();
      came += part.length;
    });
    go = () => void incoming.resume();
    incoming.on("error", () => {});
    incoming.once("end", () => {
      isOver = "end";
    });
    incoming.once("close", () => {
      isOver ||= "broken";
    });
  });
  const [host, port] = ["127.0.0.1", waiting.port];
  const headers = { "content-length": "1000000000" };
  const sent = request({ host, port, method: "POST", headers, agent: false });
  sent.on("error", () => {});
  let written = 0;
  const more = () => {
    while (sent.write(new Uint8Array(65_536))) written += 65_536;
  };
  sent.on("drain", more);
  more();
  await expect.poll(() => came, WITHIN).toBeGreaterThan(0);
  // What the systems between keep is some megabytes; then nobody takes more.
  let before = -1;
  const isStill = () => {
    const is = before === written;
    before = written;
    return is;
  };
  await expect.poll(isStill, { ...WITHIN, interval: 500 }).toBe(true);
  expect(written).toBeLessThan(50_000_000);
  sent.off("drain", more);
  go();
  sent.destroy();
  await expect.poll(() => isOver, WITHIN).toBe("broken");
});

test("headers without end, too many of them and a body cut in two ways end where they come", async () => {
  const { active, waiting } = await pair();
  const start = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const rest of [
    `X: ${"x".repeat(20_000)}\r\n\r\n`,
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "X : y\r\n\r\n",
  ]) {
    const socket = connectPlain(waiting.port, "127.0.0.1");
    socket.on("error", () => {});
    expect(await heard(socket, start + rest)).toMatch(/^HTTP\/1\.1 4\d\d /);
  }
  const slow = connectPlain(waiting.port, "127.0.0.1");
  expect(await heard(slow, "GET / HTTP/1.1\r\nHost:")).toMatch(/^HTTP\/1\.1 408 /);
  const completed = active.seen.filter(({ method }) => method !== "POST");
  expect(completed).toEqual([]);
});

test("whoever asks and asks without an answer on one connection is shown out", async () => {
  const { active, waiting } = await pair(peerKey(), (incoming) => void incoming.resume());
  const socket = connectPlain(waiting.port, "127.0.0.1");
  socket.on("error", () => {});
  expect(await heard(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100))).toBe("");
  expect(active.seen.length).toBeLessThan(2);
});

test("a WebSocket goes through, both ways, and ends at both ends", async () => {
  const { active, waiting } = await pair();
  const sockets = new WebSocketServer({ noServer: true });
  active.console.on("upgrade", (incoming, socket, head) => {
    active.saw(incoming);
    if (incoming.url === "/refused") {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n");
      return;
    }
    sockets.handleUpgrade(incoming, socket, head, (open) => {
      open.on("message", (data) => open.send(data));
    });
  });
  const url = `ws://127.0.0.1:${waiting.port}`;
  const open = new WebSocket(`${url}/api/live`, { origin: "http://page.example" });
  await once(open, "open");
  expect(active.seen[0]).toMatchObject({ address: "127.0.0.1", url: "/api/live" });
  expect(active.seen[0]?.headers.origin).toBe("http://page.example");
  const large = randomBytes(2_000_000);
  open.send(large);
  const [back] = await once(open, "message");
  expect(large.equals(back)).toBe(true);
  const [there] = [...sockets.clients];
  if (!there) throw new Error("it is open");
  const ended = once(open, "close");
  there.close(4_001, "cut");
  expect((await ended)[0]).toBe(4_001);
  const refused = new WebSocket(`${url}/refused`);
  const [, answer] = await once(refused, "unexpected-response");
  expect(answer.statusCode).toBe(403);
  const torn = new WebSocket(`${url}/api/live`);
  await once(torn, "open");
  const gone = once(torn, "close");
  active.die();
  await gone;
  const late = new WebSocket(`${url}/api/live`);
  const [, standby] = await once(late, "unexpected-response");
  expect(standby.statusCode).toBe(503);
});

test("whoever goes away is gone at the active broker too", async () => {
  let over = false;
  const { waiting } = await pair(peerKey(), (_, response) => {
    response.write("begun");
    response.once("close", () => {
      over = true;
    });
  });
  const asking = get(`${waiting.address}/long`, { agent: false });
  asking.on("error", () => {});
  const [response] = await once(asking, "response");
  await once(response, "data");
  response.on("error", () => {});
  asking.destroy();
  await expect.poll(() => over, WITHIN).toBe(true);
});

test("what changes something is sent once: the loss of the active broker is told, and nothing is repeated", async () => {
  const key = peerKey();
  const first = await ActiveBroker.start(key, (incoming) => void incoming.resume());
  const waiting = await WaitingDoor.open(key);
  await waiting.follow(first);
  const post = asked(waiting.address, "/api/sessions", { method: "POST", body: "{}" });
  const read = asked(waiting.address, "/api/plant");
  const withBody = new Promise<number>((resolve, reject) => {
    const asking = request(`${waiting.address}/odd`, { method: "GET", agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asking.on("error", reject);
    asking.setHeader("content-length", "2");
    asking.end("{}");
  });
  await expect.poll(() => first.seen.length, WITHIN).toBe(3);
  first.die();
  const lost = await post;
  expect(lost.status).toBe(502);
  expect(JSON.parse(lost.text)).toMatchObject({ code: "active-lost" });
  expect(lost.text).toContain("look before you ask again");
  expect(await withBody).toBe(502);
  const second = await ActiveBroker.start(key, echo);
  await waiting.follow(second);
  expect(await read).toMatchObject({ status: 200 });
  expect(second.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /api/plant"]);
});

test("probes are answered by the broker that is asked, and say whether it leads anywhere", async () => {
  const { active, waiting } = await pair();
  const probe = async (path: string) => (await asked(waiting.address, path)).status;
  expect([await probe("/healthz"), await probe("/readyz"), await probe("/readyz/any")]).toEqual([
    200, 503, 200,
  ]);
  expect(await probe("/metrics")).toBe(503);
  expect(active.seen).toEqual([]);
  expect(active.listener.names).toEqual(["broker-b"]);
  const doctor = async () => (await broker(readConfig({ SALLYPORT_PORT: `${waiting.port}` }))).text;
  expect(await doctor()).toContain("It leads people to that one.");
  active.die();
  await expect.poll(() => probe("/readyz/any"), WITHIN).toBe(503);
  expect(await doctor()).toContain("leads nobody to it");
  expect([await probe("/healthz"), await probe("/")]).toEqual([200, 503]);
});
