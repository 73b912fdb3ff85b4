import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import type { Answer, Input } from "../guard.ts";
import { encodeChunk } from "./body.ts";
import { HttpGuard } from "./guard.ts";
import { latin1 } from "./head.ts";
import { REQUEST_BODY_MAX } from "./limits.ts";
import type { WebOperation } from "./operation.ts";
import { encodeFrame, OPCODE } from "./socket-frame.ts";

const PERMIT: Answer = { kind: "permit" };
const HOLD: Answer = { kind: "hold" };
const DENY: Answer = {
  ...{ kind: "deny", refusal: "operation" },
  because: { rule: "panel#3", reason: "this rule denies <starting> pumps" },
};

/** A guard between a browser and a panel, both written as text with `\n` for line ends. */
function lane(judge: (operation: WebOperation) => Answer = () => PERMIT) {
  const asked: WebOperation[] = [];
  const driver = new GuardDriver(new HttpGuard(), ({ items }) =>
    items.map((item) => {
      asked.push(item as WebOperation);
      return judge(item as WebOperation);
    }),
  );
  const sent = (to: "client" | "asset") =>
    driver
      .sent(to)
      .map(({ bytes }) => String.fromCharCode(...bytes))
      .join("");
  const says = (from: "client" | "asset", text: string) =>
    driver.bytes(from, latin1(text.replaceAll("\n", "\r\n")));
  return { driver, asked, sent, says };
}

const HOST = "Host: abc.localhost:7481\n";
const page = (number: number, body = "ok") =>
  `HTTP/1.1 200 OK\nsallyport-request: ${number}\ncontent-type: text/html\n` +
  `content-length: ${body.length}\n\n${body}`;

test("a request is decided in its own words and sent on written anew", () => {
  const { says, asked, sent } = lane();
  says(
    "client",
    `GET /a%20b?x=%41+1&stop HTTP/1.1\n${HOST}X-Forwarded-For: 1.2.3.4\nAccept: */*\n\n`,
  );
  expect(asked).toEqual([
    {
      ...{ action: "web:request", class: "operate", method: "GET", path: "/a b" },
      query: [
        ["x", "A 1"],
        ["stop", ""],
      ],
      ...{ form: [], files: [], contentType: "", size: 0 },
    },
  ]);
  expect(sent("asset")).toBe(
    "GET /a%20b?x=A%201&stop HTTP/1.1\r\nsallyport-request: 1\r\n" +
      "host: abc.localhost:7481\r\naccept: */*\r\n\r\n",
  );
});

test("an answer comes back with strict fields, without cookies and connection matters", () => {
  const { says, sent, driver } = lane();
  says("client", `GET / HTTP/1.1\n${HOST}\n`);
  says(
    "asset",
    "HTTP/1.1 200 OK\nsallyport-request: 1\nSet-Cookie: a=b\nAccess-Control-Allow-Origin: *\n" +
      "Connection: X-Left\nX-Left: 1\nX-Kept: 2\nContent-Type: text/html\ncontent-length: 2\n\nhi",
  );
  const answer = sent("client");
  expect(answer).toContain("frame-ancestors 'self'");
  expect(answer).toContain("cache-control: no-store");
  expect(answer).toContain("x-kept: 2");
  expect(answer).not.toMatch(/cookie|access-control|x-left/i);
  expect(answer.endsWith("2\r\nhi\r\n0\r\n\r\n")).toBe(true);
  expect(driver.effects.at(-1)).toEqual({
    ...{ kind: "outcome", decision: 1, outcome: { kind: "done" } },
  });
});

test("a refused request never reaches the panel, and the page names the rule", () => {
  const { says, sent } = lane(() => DENY);
  says("client", `GET /pump?start=1 HTTP/1.1\n${HOST}\n`);
  expect(sent("asset")).toBe("");
  expect(sent("client")).toContain("HTTP/1.1 403 ");
  expect(sent("client")).toContain("Rule: panel#3.");
  expect(sent("client")).toContain("&#60;starting&#62;");
});

test("what waits for a person keeps back what comes after it on its lane, and goes when agreed", () => {
  const { says, sent, driver, asked } = lane(() => HOLD);
  says("client", `GET /start HTTP/1.1\n${HOST}\nGET /next HTTP/1.1\n${HOST}\n`);
  expect(asked).toHaveLength(1);
  driver.settle(1, PERMIT);
  expect(sent("asset")).toContain("GET /start ");
  expect(sent("asset")).not.toContain("/next");
});

test("fields of forms and names and sizes of files are part of the operation", () => {
  const { says, asked } = lane();
  const body = "speed=30&unit=Hz%2F1";
  const form = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";
  says("client", `POST /set HTTP/1.1\n${HOST}${form}\nContent-Length: ${body.length}\n\n`);
  says("client", body);
  says("asset", page(1));
  const parts =
    '--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nnew\r\n' +
    '--b\r\nContent-Disposition: form-data; name="f"; filename="r.csv"\r\n' +
    "Content-Type: text/csv\r\n\r\n1;2\r\n--b--\r\n";
  const type = "Content-Type: multipart/form-data; boundary=b";
  says("client", `POST /up HTTP/1.1\n${HOST}${type}\nContent-Length: ${parts.length}\n\n`);
  says("client", parts.replaceAll("\r\n", "\n"));
  expect(asked.map((each) => [each.class, "form" in each && each.form])).toEqual([
    [
      "operate",
      [
        ["speed", "30"],
        ["unit", "Hz/1"],
      ],
    ],
    ["transfer", [["note", "new"]]],
  ]);
  expect(asked[1]).toMatchObject({ files: [{ field: "f", name: "r.csv", size: 3 }] });
});

test.each([
  ["both lengths", `POST / HTTP/1.1\n${HOST}Content-Length: 4\nTransfer-Encoding: chunked\n\n`],
  ["two lengths", `POST / HTTP/1.1\n${HOST}Content-Length: 4\nContent-Length: 4\n\n`],
  ["a length that is a list", `POST / HTTP/1.1\n${HOST}Content-Length: 4, 4\n\n`],
  ["a signed length", `POST / HTTP/1.1\n${HOST}Content-Length: +4\n\n`],
  ["another coding", `POST / HTTP/1.1\n${HOST}Transfer-Encoding: xchunked\n\n`],
  ["a coding said twice", `POST / HTTP/1.1\n${HOST}Transfer-Encoding: chunked, identity\n\n`],
  ["a folded field", `GET / HTTP/1.1\n${HOST}X-A: 1\n  2\n\n`],
  ["a space before the colon", `GET / HTTP/1.1\n${HOST}Content-Length : 4\n\n`],
  ["two hosts", `GET / HTTP/1.1\n${HOST}${HOST}\n`],
  ["an older version", `GET / HTTP/1.0\n${HOST}\n`],
  ["two spaces", `GET  / HTTP/1.1\n${HOST}\n`],
  ["a tab in the target", `GET /\t HTTP/1.1\n${HOST}\n`],
  ["a control character", `GET / HTTP/1.1\n${HOST}X-A: \u0001\n\n`],
  [
    "a chunk with an extension",
    `POST / HTTP/1.1\n${HOST}Transfer-Encoding: chunked\n\n2;a=b\nhi\n`,
  ],
  ["a chunk's size in words", `POST / HTTP/1.1\n${HOST}Transfer-Encoding: chunked\n\n0x2\nhi\n`],
  ["a chunk that lies", `POST / HTTP/1.1\n${HOST}Transfer-Encoding: chunked\n\n2\nhigh\n`],
  ["trailers", `POST / HTTP/1.1\n${HOST}Transfer-Encoding: chunked\n\n0\nX-A: 1\n\n`],
])("a request with %s ends the lane before the panel hears of it", (_what, text) => {
  const { says, sent, driver } = lane();
  says("client", text);
  expect(driver.violations).toHaveLength(1);
  expect(sent("asset")).toBe("");
});

test("a bare line feed ends no line", () => {
  const { driver, sent } = lane();
  driver.bytes("client", latin1(`GET / HTTP/1.1\r\nHost: a\nX: GET /b\r\n\r\n`));
  expect(driver.violations).toHaveLength(1);
  expect(sent("asset")).toBe("");
});

test.each([
  ["absolute", "http://10.0.0.5/"],
  ["with two dots", "/a/../b"],
  ["with encoded dots", "/a/%2e%2e/b"],
  ["with an encoded slash", "/a%2fb"],
  ["with a backslash", "/a%5cb"],
  ["encoded twice", "/%252e%252e/b"],
  ["with two slashes", "//admin"],
  ["with a parameter", "/admin;x=1/"],
  ["with a zero byte", "/a%00.html"],
  ["not UTF-8", "/%ff"],
  ["with a broken escape", "/%zz"],
])("a target %s is refused, and the lane lives on", (_what, target) => {
  const { says, sent, asked } = lane();
  says("client", `GET ${target} HTTP/1.1\n${HOST}\n`);
  expect(sent("client")).toContain("HTTP/1.1 400 ");
  says("client", `GET /fine HTTP/1.1\n${HOST}\n`);
  expect(asked.map((each) => each.path)).toEqual(["/fine"]);
});

test("proxies, tunnels, service workers and other upgrades are not carried", () => {
  const { says, sent, asked } = lane();
  says("client", `TRACE / HTTP/1.1\n${HOST}\n`);
  says("client", `CONNECT a:443 HTTP/1.1\n${HOST}\n`);
  says("client", `GET /sw.js HTTP/1.1\n${HOST}Service-Worker: script\n\n`);
  says("client", `GET / HTTP/1.1\n${HOST}Upgrade: h2c\nConnection: Upgrade\n\n`);
  expect(sent("client").match(/HTTP\/1\.1 400 /g)).toHaveLength(4);
  expect(asked).toEqual([]);
  expect(sent("asset")).toBe("");
});

test("fields that give a request another method, path or host stay behind", () => {
  const { says, sent } = lane();
  const hidden = ["X-HTTP-Method-Override: DELETE", "X-Original-URL: /admin", "X-Rewrite-URL: /a"];
  says("client", `POST / HTTP/1.1\n${HOST}${hidden.join("\n")}\nX-Csrf: 1\nContent-Length: 0\n\n`);
  expect(sent("asset")).toMatch(/x-csrf: 1/);
  expect(sent("asset")).not.toMatch(/override|original|rewrite/i);
});

test("a body larger than is kept that does not say its length is refused at once", () => {
  const { driver, says, sent, asked } = lane();
  says("client", `PUT /f HTTP/1.1\n${HOST}Transfer-Encoding: chunked\n\n`);
  const block = encodeChunk(new Uint8Array(65_536));
  for (let left = REQUEST_BODY_MAX; left >= 0; left -= 65_536) driver.bytes("client", block);
  expect(sent("client")).toContain("HTTP/1.1 411 ");
  expect(asked).toEqual([]);
  const said = sent("client").length;
  says("client", `GET / HTTP/1.1\n${HOST}\n`);
  expect(sent("client")).toHaveLength(said);
  expect(sent("asset")).toBe("");
});

test("a file that waits for a person passes whole once they agree", () => {
  const { driver, says, sent } = lane(({ action }) => (action === "web:download" ? HOLD : PERMIT));
  says("client", `GET /log HTTP/1.1\n${HOST}\n`);
  says(
    "asset",
    "HTTP/1.1 200 OK\nsallyport-request: 1\ncontent-type: application/zip\ncontent-length: 4\n\nPK12",
  );
  expect(sent("client")).toBe("");
  driver.settle(2, PERMIT);
  expect(sent("client")).toMatch(/\r\n4\r\nPK12\r\n0\r\n\r\n$/);
});

test("a file on its way out stops with the right to it", () => {
  const { driver, says, sent } = lane();
  says("client", `GET /log HTTP/1.1\n${HOST}\n`);
  says(
    "asset",
    "HTTP/1.1 200 OK\nsallyport-request: 1\ncontent-type: application/zip\ntransfer-encoding: chunked\n\n2\nPK\n",
  );
  const capabilities = new Set(["observe", "operate"] as const);
  driver.feed({ kind: "event", event: { kind: "capabilities", capabilities } });
  says("asset", "6\nsecret\n0\n\n");
  expect(sent("client")).toMatch(/2\r\nPK\r\n!\r\n$/);
});

test.each([
  ["to another host", "http://evil.example/"],
  ["without a scheme", "//evil.example/"],
  ["by a backslash", "/\\evil.example"],
  ["to a script", "javascript:alert(1)"],
])("a redirect %s is not passed on", (_what, location) => {
  const { says, sent } = lane();
  says("client", `GET / HTTP/1.1\n${HOST}\n`);
  const head = `HTTP/1.1 302 Found\nsallyport-request: 1\nLocation: ${location}\ncontent-length: 0`;
  says("asset", `${head}\n\n`);
  expect(sent("client")).toContain("HTTP/1.1 502 ");
  expect(sent("client")).not.toMatch(/^location:/im);
});

test("a redirect within the panel is passed on", () => {
  const { says, sent } = lane();
  says("client", `GET / HTTP/1.1\n${HOST}\n`);
  const head = "HTTP/1.1 302 Found\nsallyport-request: 1\nLocation: /login?x=1\ncontent-length: 0";
  says("asset", `${head}\n\n`);
  expect(sent("client")).toMatch(/^location: \/login\?x=1\r$/m);
});

test("a file is handed on only where files may be", () => {
  const answer =
    "HTTP/1.1 200 OK\nsallyport-request: 1\nContent-Type: application/zip\ncontent-length: 3\n\nPK!";
  const { says, sent, asked } = lane(({ action }) => (action === "web:download" ? DENY : PERMIT));
  says("client", `GET /log.zip HTTP/1.1\n${HOST}\n`);
  says("asset", answer);
  expect(asked[1]).toMatchObject({ class: "transfer", contentType: "application/zip" });
  expect(sent("client")).toContain("HTTP/1.1 403 ");
  expect(sent("client")).not.toContain("PK!");
  const other = lane();
  other.says("client", `GET /log.zip HTTP/1.1\n${HOST}\n`);
  other.says("asset", answer);
  expect(other.sent("client")).toContain("PK!");
});

test.each([
  ["to another request", "HTTP/1.1 200 OK\nsallyport-request: 7\ncontent-length: 0\n\n"],
  ["that nobody numbered", "HTTP/1.1 200 OK\ncontent-length: 0\n\n"],
  ["without an end", "HTTP/1.1 200 OK\nsallyport-request: 1\n\n"],
  ["with two lengths", page(1).replace("\n\n", "\ntransfer-encoding: chunked\n\n")],
  ["in a coding", page(1).replace("\n\n", "\ncontent-encoding: gzip\n\n")],
  ["that switches", "HTTP/1.1 101 Go\nsallyport-request: 1\nsec-websocket-accept: x\n\n"],
  ["that splits", "HTTP/1.1 200 OK\nsallyport-request: 1\nX-A: 1\r\r\nX-B: 2\n\n"],
])("an answer %s ends the lane", (_what, text) => {
  const { says, driver } = lane();
  says("client", `GET / HTTP/1.1\n${HOST}\n`);
  says("asset", text);
  expect(driver.violations).toMatchObject([{ from: "asset" }]);
});

test("an asset that stays silent is told as such, and its late answer ends the lane", () => {
  const { says, sent, driver } = lane();
  says("client", `GET / HTTP/1.1\n${HOST}\n`);
  driver.feed({ kind: "event", event: { kind: "timeout", request: 1 } });
  expect(sent("client")).toContain("HTTP/1.1 504 ");
  says("asset", page(1));
  expect(driver.violations).toMatchObject([{ from: "asset" }]);
});

const SOCKET =
  "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Extensions: permessage-deflate\n";

function socket(judge: (operation: WebOperation) => Answer) {
  const made = lane(judge);
  made.says("client", `GET /live HTTP/1.1\n${HOST}${SOCKET}\n`);
  made.says(
    "asset",
    "HTTP/1.1 101 Go\nsallyport-request: 1\nupgrade: websocket\nsec-websocket-accept: x\n\n",
  );
  return made;
}

const text = (words: string, final = true, opcode: number = OPCODE.text) =>
  encodeFrame({ opcode, final, payload: latin1(words) }, true);

test("each message on a WebSocket is decided whole, however it was cut into frames", () => {
  const { driver, asked, sent } = socket(({ action }) =>
    action === "web:message" ? DENY : PERMIT,
  );
  expect(sent("asset")).not.toMatch(/extensions/i);
  driver.bytes("client", text("sta", false));
  driver.bytes("client", text("rt", true, OPCODE.more));
  expect(asked.at(-1)).toMatchObject({ action: "web:message", path: "/live", text: "start" });
  expect(sent("asset")).not.toContain("sta");
});

test("a permitted message reaches the asset masked, values reach the client unmasked", () => {
  const { driver } = socket(() => PERMIT);
  driver.bytes("client", text("go"));
  expect(driver.sent("asset").at(-1)?.bytes).toEqual(
    Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x67, 0x6f),
  );
  driver.bytes("asset", encodeFrame({ opcode: 1, final: true, payload: latin1("7") }, false));
  expect(driver.sent("client").at(-1)?.bytes).toEqual(Uint8Array.of(0x81, 1, 0x37));
});

test.each([
  ["unmasked", Uint8Array.of(0x81, 1, 0x37)],
  ["with an extension's bit", Uint8Array.of(0xc1, 0x80, 0, 0, 0, 0)],
  ["of an unknown kind", Uint8Array.of(0x83, 0x80, 0, 0, 0, 0)],
  ["without bounds", Uint8Array.of(0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0)],
])("a frame %s ends the lane", (_what, bytes) => {
  const { driver } = socket(() => PERMIT);
  driver.bytes("client", bytes);
  expect(driver.violations).toMatchObject([{ from: "client" }]);
});

test("an answer without end is cut off, a file that a rule lets out later", () => {
  const block = encodeChunk(new Uint8Array(65_536));
  // Not by the driver, which keeps all that it was told.
  const blocks = (type: string) => {
    const guard = new HttpGuard();
    const tell = (input: Input): boolean => {
      const effects = guard.step(input);
      const decide = effects.find((effect) => effect.kind === "decide");
      if (decide) return tell({ kind: "answers", id: decide.id, answers: [PERMIT] });
      return effects.some(({ kind }) => kind === "violation");
    };
    const says = (from: "client" | "asset", text: string) =>
      tell({ kind: "bytes", from, bytes: latin1(text.replaceAll("\n", "\r\n")) });
    says("client", `GET /x HTTP/1.1\n${HOST}\n`);
    const fields = `content-type: ${type}\ntransfer-encoding: chunked\n`;
    says("asset", `HTTP/1.1 200 OK\nsallyport-request: 1\n${fields}\n`);
    let count = 1;
    while (count < 1_100 && !tell({ kind: "bytes", from: "asset", bytes: block })) count += 1;
    return count;
  };
  expect(blocks("text/html")).toBe(1_025);
  expect(blocks("application/zip")).toBe(1_100);
});
