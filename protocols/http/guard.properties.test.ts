import fc from "fast-check";
import { guardProperties } from "../../test/kit/guard-properties.ts";
import { encodeChunk } from "./body.ts";
import { HttpGuard } from "./guard.ts";
import { latin1 } from "./head.ts";
import { encodeFrame } from "./socket-frame.ts";

const HOST = "host: abc.localhost:7481\r\n";
const SOCKET =
  "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n" +
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const FORM = "content-type: application/x-www-form-urlencoded\r\n";

const requests = fc.constantFrom(
  `GET /?page=1 HTTP/1.1\r\n${HOST}\r\n`,
  `HEAD /a%20b HTTP/1.1\r\n${HOST}\r\n`,
  `POST /set HTTP/1.1\r\n${HOST}${FORM}content-length: 8\r\n\r\nspeed=30`,
  `POST /set HTTP/1.1\r\n${HOST}${FORM}transfer-encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n`,
  `GET /live HTTP/1.1\r\n${HOST}${SOCKET}\r\n`,
  `PUT /file HTTP/1.1\r\n${HOST}content-length: 3\r\n\r\nabc`,
);

const odd = fc.constantFrom(
  `GET /../etc HTTP/1.1\r\n${HOST}\r\n`,
  `TRACE / HTTP/1.1\r\n${HOST}\r\n`,
  `POST / HTTP/1.1\r\n${HOST}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  `GET / HTTP/1.1\r\n folded: x\r\n\r\n`,
  `GET http://other/ HTTP/1.1\r\n${HOST}\r\n`,
);

const frames = fc
  .tuple(fc.constantFrom(0, 1, 2, 8, 9, 10), fc.boolean(), fc.uint8Array({ maxLength: 30 }))
  .map(([opcode, final, payload]) => encodeFrame({ opcode, final, payload }, true));

const client = fc.oneof(
  { weight: 6, arbitrary: fc.array(requests, { maxLength: 3 }).map((all) => latin1(all.join(""))) },
  { weight: 2, arbitrary: frames },
  { weight: 1, arbitrary: odd.map(latin1) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

function requestOf(sent: Uint8Array): number {
  return Number(/sallyport-request: (\d+)/.exec(String.fromCharCode(...sent))?.[1] ?? 0);
}

function reply(sent: Uint8Array, seed: number): Uint8Array | undefined {
  const text = String.fromCharCode(...sent);
  const number = requestOf(sent);
  if (number === 0)
    return encodeFrame({ opcode: 1, final: true, payload: Uint8Array.of(65) }, false);
  const field = `sallyport-request: ${number}\r\n`;
  if (text.includes("upgrade: websocket") && seed % 4 !== 0) {
    return latin1(
      `HTTP/1.1 101 Yes\r\n${field}upgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n`,
    );
  }
  if (text.startsWith("HEAD")) return latin1(`HTTP/1.1 200 OK\r\n${field}\r\n`);
  const kind = ["content-type: text/html\r\n", "content-disposition: attachment\r\n"][seed % 2];
  if (seed % 5 === 0) {
    return latin1(`HTTP/1.1 302 Go\r\n${field}location: http://x/\r\ncontent-length: 0\r\n\r\n`);
  }
  const body = String.fromCharCode(...encodeChunk(latin1("page".repeat(seed % 9) || "p")));
  return latin1(
    `HTTP/1.1 200 OK\r\n${field}${kind}transfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`,
  );
}

guardProperties({
  name: "HTTP",
  create: () => new HttpGuard(),
  client,
  request: requests.map(latin1),
  reply,
  requestOf,
  /** Two inboxes at their fullest, a body that is being judged and its copy. */
  retainedMax: 2 * (4 * 65_536 + 32_768) * 2 + 2 * 1_048_576,
  runs: 200,
});
