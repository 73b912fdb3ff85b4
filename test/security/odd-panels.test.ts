/** Panels with bad manners, through a whole broker: what a person gets, and what the panel hears. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { answerTo, type EnteredPanel, WebPlant } from "../kit/web-plant.ts";

const PATIENCE = { timeout: 30_000 };
/** As the plant of these tests has it. */
const IN_FLIGHT = 16;

const asked: string[] = [];
const heads: string[] = [];
const hanging = new Set<Socket>();
let panel: Server;
let plant: WebPlant;
let browser: EnteredPanel;

type Says = (socket: Socket, head: string, nth: number) => void;

const coded = (coding: string, body: Uint8Array) => (socket: Socket) => {
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  socket.write(body);
};
const says = (text: string) => (socket: Socket) => void socket.write(text);
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Closes where a second request comes on one connection, as if it had done so just before. */
const closesIdle: Says = (socket, _, nth) => {
  if (nth === 1) socket.write(OK);
  else socket.resetAndDestroy();
};

const pages: Readonly<Record<string, Says>> = {
  "/lf": says("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
  "/folded": says("HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length : 2\r\n\r\nok"),
  "/more": says(`${OK} and what nobody asked for`),
  "/hints": says(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${OK}`),
  "/trailers": says(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",
  ),
  "/old": (socket) => void socket.end("HTTP/1.0 200 OK\r\n\r\nok"),
  "/zstd": coded("zstd", zstdCompressSync("ok")),
  "/gzip": coded("gzip", gzipSync("ok")),
  "/empty": coded("gzip", Buffer.alloc(0)),
  "/packed": coded("exi", Buffer.from("??")),
  // What every object has is no coding.
  "/inherited": coded("constructor", Buffer.from("??")),
  "/prototype": coded("__proto__", Buffer.from("??")),
  "/none": (socket) => void socket.end("220 printer ready\r\n\r\n"),
  "/nul": says("HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nok"),
  "/secure": (socket) => {
    const to = `https://127.0.0.1:${(panel.address() as AddressInfo).port}/secure`;
    socket.write(`HTTP/1.1 301 Moved\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`);
  },
  "/cookies": says(
    'HTTP/1.1 200 OK\r\nSet-Cookie: pref={"lang":"de", "zoom":2}; Path=/\r\nSet-Cookie: user[id]=Anna Fitter; SameSite=None; Partitioned\r\nContent-Length: 2\r\n\r\nok',
  ),
  "/plain": says(OK),
  "/idle": closesIdle,
  "/start": closesIdle,
  "/hang": (socket) => void hanging.add(socket),
  "/events": says(
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
  ),
};

function serve(socket: Socket): void {
  let held = "";
  let nth = 0;
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    held += bytes.toString("latin1");
    for (let end = held.indexOf("\r\n\r\n"); end >= 0; end = held.indexOf("\r\n\r\n")) {
      const head = held.slice(0, end);
      held = held.slice(end + 4);
      nth += 1;
      heads.push(head);
      const [method, path = ""] = head.split(" ");
      asked.push(`${method} ${path}`);
      pages[path]?.(socket, head, nth);
    }
  });
}

beforeAll(async () => {
  panel = createServer(serve).listen(0, "127.0.0.1");
  await once(panel, "listening");
  plant = await WebPlant.open({
    port: (panel.address() as AddressInfo).port,
    rules: [
      '{ name: look, permit: observe, web: { methods: [GET, HEAD], paths: ["/", "/*"] } }',
      "{ name: start, permit: operate, web: { methods: [POST], paths: [/start] } }",
    ],
  });
  browser = await plant.enter();
}, 60_000);

beforeEach(() => {
  asked.length = 0;
  heads.length = 0;
});

afterAll(async () => {
  await plant?.close();
  for (const socket of hanging) socket.destroy();
  panel?.close();
});

test.each(["/lf", "/folded", "/more", "/hints", "/trailers", "/old", "/zstd", "/gzip", "/nul"])(
  "the page comes whatever the panel does around it: %s",
  async (path) => {
    const { status, body } = await browser.get(path);
    expect([status, body.toString()]).toEqual([200, "ok"]);
  },
);

test("an answer that is packed and empty is empty", async () => {
  const { status, body } = await browser.get("/empty");
  expect([status, body.length]).toEqual([200, 0]);
  expect((await browser.ask("HEAD", "/gzip")).status).toBe(200);
});

test("what comes right behind an answer without a body is heard, also where the panel sends one", async () => {
  for (let n = 0; n < 30; n++) {
    expect((await browser.ask("HEAD", "/gzip")).status).toBe(200);
    expect((await browser.get("/plain")).status).toBe(200);
  }
});

test.each([
  ["/none", "The panel's answer cannot be read"],
  ["/packed", 'The panel packs its answer as "exi", unasked.'],
  ["/inherited", 'The panel packs its answer as "constructor", unasked.'],
  ["/prototype", 'The panel packs its answer as "__proto__", unasked.'],
  ["/secure", "An administrator gives its endpoint `tls` in the plant file."],
])("what is of no use is told in words: %s", async (path, words) => {
  const { status, body } = await browser.get(path);
  expect(status).toBe(502);
  expect(body.toString()).toContain(words);
  expect((await browser.get("/plain")).status).toBe(200);
});

test("cookies are kept as browsers keep them, whatever a panel writes into them", async () => {
  await browser.get("/cookies");
  await browser.get("/plain");
  expect(heads[1]).toContain('cookie: pref={"lang":"de", "zoom":2}; user[id]=Anna Fitter');
});

test("a request that met a connection just closed goes once more if it only looks, else never", async () => {
  const fresh = await plant.enter();
  expect((await fresh.get("/plain")).status).toBe(200);
  expect((await fresh.get("/idle")).status).toBe(200);
  expect(asked).toEqual(["GET /plain", "GET /idle", "GET /idle"]);
  const started = await fresh.ask("POST", "/start", { "content-length": "0" });
  expect(started.status).toBe(504);
  expect(started.body.toString()).toContain("may or may not have been done");
  expect(asked.filter((each) => each === "POST /start")).toHaveLength(1);
});

test("a session whose requests all hang, or all listen, leaves the others their places", async () => {
  const other = await plant.enter();
  expect((await other.get("/plain")).status).toBe(200);
  const listening = Array.from({ length: IN_FLIGHT }, () => browser.begin("GET", "/events"));
  const heard = listening.map((each) => once(each.end(), "response"));
  await Promise.all(heard);
  expect((await browser.get("/plain")).status).toBe(200);
  for (const each of listening) each.destroy();
  const stuck = Array.from({ length: IN_FLIGHT + 4 }, () => browser.begin("GET", "/hang").end());
  await expect.poll(() => hanging.size, PATIENCE).toBe(IN_FLIGHT - 1);
  expect((await answerTo(other.begin("GET", "/plain").end())).status).toBe(200);
  expect(hanging.size).toBe(IN_FLIGHT - 1);
  for (const each of stuck) each.destroy();
}, 60_000);
