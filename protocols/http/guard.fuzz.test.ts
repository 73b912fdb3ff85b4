/**
 * Whatever browsers and panels say, the guard neither throws nor grows, and nothing reaches the
 * panel that no operation explains (the driver checks that on every step). What it does send is one
 * whole request, as strict as any reader wants it. Slow on purpose: SALLYPORT_FUZZ sets another
 * number of messages (1,000,000 in the soak), SALLYPORT_FUZZ_SEED repeats a run.
 */
import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import type { Answer } from "../guard.ts";
import { encodeChunk } from "./body.ts";
import { HttpGuard } from "./guard.ts";
import { latin1 } from "./head.ts";
import { encodeFrame } from "./socket-frame.ts";

const MESSAGES = Number(process.env.SALLYPORT_FUZZ ?? 20_000);
const SEED = Number(process.env.SALLYPORT_FUZZ_SEED ?? 20_260_105);
/** A slow machine takes a millisecond a message. */
const WITHIN = { timeout: Math.max(120_000, MESSAGES) };
/** Connections are short here: what one of them was told is looked through at its end. */
const A_CONNECTION = 30;

type Random = (below: number) => number;

const ANSWERS: readonly Answer[] = [
  { kind: "permit" },
  { kind: "permit" },
  { kind: "deny", refusal: "operation" },
  { kind: "hold" },
];

const METHODS = ["GET", "GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get"];
const TARGETS = [
  ...["/", "/a%20b?x=1&y", "/live", "/../a", "//other/", "http://other/", "*", "/%00", "/a?b=%zz"],
];
const FIELDS = [
  ...["content-length: 8", "content-length: 0", "content-length: -1", "content-length: 8, 8"],
  ...["transfer-encoding: chunked", "transfer-encoding: gzip, chunked", " folded", "x : 1"],
  ...["content-type: application/json", "content-type: application/x-www-form-urlencoded"],
  ...["upgrade: websocket\r\nconnection: Upgrade", "sec-websocket-version: 13", "host: other"],
  ...["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "expect: 100-continue", "range: bytes=0-1"],
  ...["cookie: a=b", "service-worker: script", "content-type: multipart/form-data; boundary=b"],
];
const BODIES = [
  ...["speed=30", '{"a":30}', "8\r\nspeed=30\r\n0\r\n\r\n", "0\r\n\r\n", "--b\r\n\r\n", "", ""],
  ...["0\r\nx: y\r\n\r\n", "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"],
];

function one<T>(next: Random, of: readonly T[]): T {
  return of[next(of.length)] as T;
}

function fromClient(next: Random): Uint8Array {
  if (next(6) === 0) {
    const payload = Uint8Array.from({ length: next(20) }, () => next(256));
    return encodeFrame({ opcode: next(16), final: next(2) === 0, payload }, next(5) > 0);
  }
  const fields = Array.from({ length: next(5) }, () => `${one(next, FIELDS)}\r\n`).join("");
  const head = `${one(next, METHODS)} ${one(next, TARGETS)} HTTP/1.1\r\nhost: a.localhost\r\n`;
  return latin1(`${head}${fields}\r\n${one(next, BODIES)}`);
}

const ANSWER_FIELDS = [
  ...["content-length: 2", "transfer-encoding: chunked", "content-type: text/html", "x: y"],
  ...["location: http://other/", "set-cookie: a=b", "upgrade: websocket", "connection: close"],
  ...["content-encoding: gzip", "strict-transport-security: max-age=1", "refresh: 0; url=http://x"],
];

/** @param number of the request that is under way, or about that */
function fromAsset(next: Random, number: number): Uint8Array {
  if (next(6) === 0)
    return encodeFrame({ opcode: next(16), final: true, payload: latin1("v") }, false);
  const status = one(next, [200, 200, 101, 100, 103, 204, 302, 304, 404, 999]);
  const fields = Array.from({ length: next(4) }, () => `${one(next, ANSWER_FIELDS)}\r\n`).join("");
  const claimed = number + (next(8) === 0 ? next(3) - 1 : 0);
  const head = `HTTP/1.1 ${status} X\r\nsallyport-request: ${claimed}\r\n${fields}\r\n`;
  const chunk = String.fromCharCode(...encodeChunk(latin1("ok")));
  return latin1(head + one(next, ["ok", "", `${chunk}0\r\n\r\n`, chunk]));
}

function spoilt(bytes: Uint8Array, next: Random): Uint8Array {
  if (bytes.length > 0 && next(20) === 0) bytes[next(bytes.length)] = next(256);
  return next(40) === 0 ? bytes.subarray(0, next(bytes.length + 1)) : bytes;
}

const HEAD =
  /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/[!-~]*) HTTP\/1\.1\r\n((?:[a-z0-9-]+: [^\r\n]*\r\n)+)\r\n/;

/** Each is whole, says its length in one way, and has nothing behind it. */
function sentWhole(driver: GuardDriver): void {
  let talks = false;
  for (const { bytes, release } of driver.sent("asset")) {
    if (talks || release) continue;
    const text = String.fromCharCode(...bytes);
    const head = HEAD.exec(text);
    expect(head, text).not.toBeNull();
    const fields = head?.[3] ?? "";
    const lengths = fields.match(/^content-length: (\d+)\r$/gm) ?? [];
    expect(lengths.length).toBeLessThanOrEqual(1);
    expect(fields).not.toMatch(/^(?:transfer-encoding|expect|range|service-worker):/m);
    const length = Number(/\d+/.exec(lengths[0] ?? "0")?.[0]);
    expect(text.length - (head?.[0].length ?? 0)).toBe(length);
    talks = /^upgrade: websocket/m.test(fields);
  }
}

test(`${MESSAGES} messages of hostile browsers and panels (seed ${SEED})`, WITHIN, () => {
  const next = numbers(SEED);
  const judge = () => one(next, ANSWERS);
  const begin = () => new GuardDriver(new HttpGuard(), ({ items }) => items.map(judge));
  let driver = begin();
  let [ended, carried] = [0, 0];
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    const asked = driver.sent("asset").length;
    if (next(2) === 0) driver.bytes("client", spoilt(fromClient(next), next));
    else driver.bytes("asset", spoilt(fromAsset(next, 1 + next(asked + 2)), next));
    for (const id of driver.held.keys()) {
      if (next(2) === 0) driver.settle(id, one(next, ANSWERS.slice(0, 3)));
    }
    expect(driver.guard.backlog("client") + driver.guard.backlog("asset")).toBeLessThan(600_000);
    const over = driver.violations.length > 0;
    if (!over && sent % A_CONNECTION !== 0) continue;
    sentWhole(driver);
    carried += driver.sent("asset").length;
    if (over) ended += 1;
    driver = begin();
  }
  // It has met both: what ends a lane, and what passes.
  expect(ended).toBeGreaterThan(MESSAGES / 100);
  expect(carried).toBeGreaterThan(MESSAGES / 100);
});

/** Xorshift: the same seed gives the same run on every machine. */
function numbers(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
