/**
 * The origin of a web panel, attacked over plain sockets: other hosts, other sessions' cookies,
 * tickets used twice, other sites, requests that say two things.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WEB_PANEL_LOGIN } from "../../simulators/assets/web-panel.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { stayAfter } from "../kit/staying-client.ts";

const ENDPOINT = "panel-treatment/web";

interface Address {
  readonly address: string;
}

let site: RunningBroker;
let one: Opened;
let other: Opened;

interface Opened {
  readonly id: string;
  /** `ID.localhost:PORT` */
  readonly host: string;
  readonly port: number;
  readonly ticket: string;
  readonly cookie: string;
}

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_PANEL_PORT: "0" });
  const credential = { kind: "password", ...WEB_PANEL_LOGIN };
  await site.first.ask("POST", "/api/credentials", { endpoint: ENDPOINT, credential });
  one = await open();
  other = await open();
}, 60_000);
afterAll(() => site.close());

async function open(): Promise<Opened> {
  const session = await site.first.ask("POST", "/api/sessions", { endpoint: ENDPOINT });
  expect(session.status).toBe(201);
  const { id } = session.body;
  const { host, port, ticket } = await admitted(id);
  const entered = await send(port, `GET /.sallyport/enter?ticket=${ticket} HTTP/1.1\n`, host);
  const cookie =
    /set-cookie: (__Host-sallyport-panel=[\w-]+); Path=\/; Secure; HttpOnly; SameSite=Strict/i.exec(
      entered,
    )?.[1];
  return { id, host, port, ticket, cookie: cookie ?? "" };
}

async function admitted(id: string) {
  const headers = { "user-agent": "test" };
  const path = `/api/sessions/${id}/panel`;
  const answer = await site.first.ask<Address>("POST", path, {}, { headers });
  expect(answer.status).toBe(200);
  const { host, port, searchParams } = new URL(answer.body.address);
  return { host, port: Number(port), ticket: searchParams.get("ticket") ?? "" };
}

/** One connection: sends, and answers everything that came back. `\n` stands for a line end. */
async function send(port: number, head: string, host: string, more = ""): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  let heard = "";
  socket.setEncoding("latin1").on("data", (text) => {
    heard += text;
  });
  socket.on("error", () => undefined);
  const text = `${head}Host: ${host}\nUser-Agent: test\nConnection: close\n${more}\n`;
  socket.write(text.replaceAll("\n", "\r\n"));
  await once(socket, "close");
  return heard;
}

const status = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const get = (of: Opened, path: string, cookie: string, more = "") =>
  send(of.port, `GET ${path} HTTP/1.1\n`, of.host, `Cookie: ${cookie}\n${more}`);
const asked = () => site.plant.web.asked.length;

test("the cookie of a session opens its panel, signed in by the broker", async () => {
  const answer = await get(one, "/overview.html", one.cookie);
  expect(status(answer)).toBe(200);
  expect(answer).toContain("Raw tank T101");
  expect(answer).not.toMatch(/PANELSESSION|GoAhead|www-authenticate/i);
  expect(answer).toMatch(/frame-ancestors 'self'/);
});

test("without a cookie, with a made-up one, with the console's or another session's: nothing", async () => {
  const before = asked();
  const console = [...site.first.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  for (const cookie of ["a=b", "__Host-sallyport-panel=AAAA", console, other.cookie]) {
    expect(status(await get(one, "/overview.html", cookie))).toBe(401);
  }
  expect(asked()).toBe(before);
});

test("of the cookies in a browser a panel is told what its own script set, and nothing else", async () => {
  const told = async (cookies: string) => {
    expect(status(await get(one, "/overview.html", `${one.cookie}; ${cookies}`))).toBe(200);
    return site.plant.web.headers.cookie?.replace(/PANELSESSION=\w+;? ?/, "");
  };
  // What the script of another panel sets for all names above it comes along, before and after.
  expect(await told("tossed=1; PANELSESSION=of the other; __Host-own-own=3")).toBe("own=3");
  expect(await told("__Host-sallyport=x; __Secure-own-own=1; __host-own-own=2")).toBe("");
  // Letters that some take for spaces hide no name.
  expect(await told("\u00a0__Host-own-a=1; \t__Host-own-b=2; \u0085__Host-own-c=3")).toBe("");
});

test("a browser that was filled with cookies is told to forget them, and asks no panel meanwhile", async () => {
  const before = asked();
  const tossed = Array.from({ length: 8 }, (_, n) => `t${n}=${"x".repeat(4_000)}`).join("; ");
  const answer = await get(one, "/overview.html", `${one.cookie}; ${tossed}`);
  expect(status(answer)).toBe(431);
  expect(answer).toMatch(/^clear-site-data: "cookies"\r$/im);
  expect(answer).toContain("open the panel there once more");
  expect(asked()).toBe(before);
});

test("two cookies of the name are none", async () => {
  const cookie = `${one.cookie}; ${other.cookie}`;
  expect(status(await get(one, "/overview.html", cookie))).toBe(401);
});

test("a ticket is spent by its first use, by another browser, or at another session", async () => {
  const enter = (at: Opened, ticket: string) =>
    send(at.port, `GET /.sallyport/enter?ticket=${ticket} HTTP/1.1\n`, at.host);
  expect(status(await enter(one, one.ticket))).toBe(401);
  const { ticket } = await admitted(one.id);
  expect(status(await enter(other, ticket))).toBe(401);
  expect(status(await enter(one, ticket))).toBe(401);
});

test.each([
  "localhost",
  "127.0.0.1",
  "evil.example",
  "ID.localhost.evil.example",
  "evil.ID.localhost",
  "aaaa.localhost",
])("under the host name %s there is nothing, whatever resolves to it", async (name) => {
  const before = asked();
  const host = `${name.replace("ID", one.id)}:${one.port}`;
  const answer = await send(one.port, "GET / HTTP/1.1\n", host, `Cookie: ${one.cookie}\n`);
  expect([401, 421]).toContain(status(answer));
  expect(asked()).toBe(before);
});

test.each([
  ["Sec-Fetch-Site: cross-site\n"],
  ["Sec-Fetch-Site: same-site\n"],
  ["Origin: http://evil.example\n"],
  ["Origin: null\n"],
])("what another site causes (%s) reaches no panel", async (field) => {
  const before = asked();
  expect(status(await get(one, "/pump.cgi?P101=stop", one.cookie, field))).toBe(403);
  expect(asked()).toBe(before);
});

test("nothing of the console is served there, and no panel at the console", async () => {
  expect(await get(one, "/api/me", one.cookie)).toContain("no rule of the profile");
  const { port } = new URL(site.broker.address);
  const answer = await send(Number(port), "GET /overview.html HTTP/1.1\n", one.host);
  expect(status(answer)).toBe(421);
});

test.each([
  ["two lengths", "Content-Length: 4\nContent-Length: 5\n"],
  ["a length and a coding", "Content-Length: 4\nTransfer-Encoding: chunked\n"],
  ["an odd coding", "Transfer-Encoding: xchunked\n"],
  ["a folded field", "X-A: 1\n Content-Length: 4\n"],
  ["a space before a colon", "Content-Length : 4\n"],
])("a request with %s smuggles nothing to the panel", async (_what, fields) => {
  const before = site.plant.web.asked.filter((each) => each.includes("smuggled")).length;
  const hidden = "0\n\nGET /smuggled.html HTTP/1.1\nX: y";
  const more = `Cookie: ${one.cookie}\n${fields}\n${hidden}`;
  const answer = await send(one.port, "POST /setpoint.cgi HTTP/1.1\n", one.host, more);
  expect(status(answer)).not.toBe(200);
  const after = site.plant.web.asked.filter((each) => each.includes("smuggled")).length;
  expect(after).toBe(before);
});

/** As the bytes are; `|` stands for CR LF. */
const SMUGGLED = "GET /smuggled.html HTTP/1.1|Host: HOST|Cookie: COOKIE||";
const POST = "POST /setpoint.cgi HTTP/1.1|Host: HOST|User-Agent: test|Cookie: COOKIE|";
test.each([
  ["lines that end with LF alone", `${POST}X: y\nContent-Length: 0\n\n${SMUGGLED}`],
  [
    "a coding before its length",
    `${POST}Transfer-Encoding: chunked|Content-Length: 4||0||${SMUGGLED}`,
  ],
  ["two codings", `${POST}Transfer-Encoding: chunked, identity||0||${SMUGGLED}`],
  ["a coding behind a tab", `${POST}Transfer-Encoding:\tchunked|Content-Length: 0||${SMUGGLED}`],
  ["a coding with a vertical tab", `${POST}Transfer-Encoding: \vchunked||0||${SMUGGLED}`],
  [
    "a chunk whose extension ends with LF",
    `${POST}Transfer-Encoding: chunked||2;\nxx|10|${SMUGGLED}0||`,
  ],
  ["a chunk that is longer than it says", `${POST}Transfer-Encoding: chunked||1|xx${SMUGGLED}`],
  [
    "a chunk of a size beyond numbers",
    `${POST}Transfer-Encoding: chunked||10000000000000002|${SMUGGLED}`,
  ],
  ["a length with a sign", `${POST}Content-Length: +0||${SMUGGLED}`],
  ["a length in a list", `${POST}Content-Length: 0, 0||${SMUGGLED}`],
  ["two hosts", `${POST}Host: evil.example||${SMUGGLED}`],
  [
    "HTTP/1.0 with a coding",
    `${POST.replace("1.1", "1.0")}Transfer-Encoding: chunked||0||${SMUGGLED}`,
  ],
  ["a field with a NUL", `${POST}X: a\0b||${SMUGGLED}`],
  ["a line of its own between two", `${POST}X: a\rContent-Length: 0||${SMUGGLED}`],
])("in bytes with %s no second request is read", async (_what, text) => {
  const socket = connect({ port: one.port, host: "127.0.0.1" });
  let heard = "";
  socket.setEncoding("latin1").on("data", (more) => {
    heard += more;
  });
  socket.on("error", () => undefined);
  const filled = text.replaceAll("HOST", one.host).replaceAll("COOKIE", one.cookie);
  socket.end(Buffer.from(filled.replaceAll("|", "\r\n"), "latin1"));
  await once(socket, "close");
  expect(site.plant.web.asked.filter((each) => each.includes("smuggled"))).toEqual([]);
  expect(heard.match(/^HTTP\/1\.1 200/gm)).toBeNull();
});

test("a target in absolute form, and one that leads elsewhere, reach no other host", async () => {
  const before = asked();
  for (const target of ["http://127.0.0.1:1/", "//evil.example/", "/a/%2e%2e/b", "/%5cevil"]) {
    const head = `GET ${target} HTTP/1.1\n`;
    const answer = await send(one.port, head, one.host, `Cookie: ${one.cookie}\n`);
    expect(status(answer)).toBe(400);
  }
  expect(asked()).toBe(before);
});

test("when its session ends, the cookie opens nothing any more", async () => {
  const gone = await open();
  await site.first.ask("POST", `/api/sessions/${gone.id}/end`, { reason: "done" });
  const before = asked();
  expect(status(await get(gone, "/overview.html", gone.cookie))).toBe(401);
  expect(asked()).toBe(before);
});

test("when its owner signs out, the cookie opens nothing any more", async () => {
  const person = await site.invite("Eve", ["engineer"]);
  const session = await person.ask("POST", "/api/sessions", { endpoint: ENDPOINT });
  const headers = { "user-agent": "test" };
  const path = `/api/sessions/${session.body.id}/panel`;
  const { address } = (await person.ask<Address>("POST", path, {}, { headers })).body;
  const { host, port, searchParams } = new URL(address);
  const enter = `GET /.sallyport/enter?ticket=${searchParams.get("ticket")} HTTP/1.1\n`;
  const cookie = /(__Host-sallyport-panel=[\w-]+)/.exec(await send(Number(port), enter, host))?.[1];
  const at = { ...one, host, port: Number(port) };
  expect(status(await get(at, "/overview.html", cookie ?? ""))).toBe(200);
  await person.ask("POST", "/api/sign-out", {});
  expect(status(await get(at, "/overview.html", cookie ?? ""))).toBe(401);
});

test("another person gets no ticket for one's session", async () => {
  const person = await site.invite("Max", ["engineer"]);
  expect((await person.ask("POST", `/api/sessions/${one.id}/panel`, {})).status).toBe(404);
});

test("who is refused a WebSocket and stays is let go of", async () => {
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  for (const host of [one.host, "nobody.example"]) {
    const answer = await stayAfter(one.port, `GET /x HTTP/1.1\r\nHost: ${host}\r\n${upgrade}`);
    expect(status(answer)).toBe(host === one.host ? 401 : 421);
  }
});
