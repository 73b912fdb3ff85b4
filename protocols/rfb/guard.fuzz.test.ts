/**
 * Whatever viewers and panels say, the guard neither throws nor grows, and nothing reaches the
 * panel that no operation explains (the driver checks that on every step). Slow on purpose: a
 * hundred thousand messages; SALLYPORT_FUZZ sets another number (1,000,000 in the soak).
 */
import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import type { Answer, Side } from "../guard.ts";
import { encodeClientMessage } from "./client-message.ts";
import { ENCODING } from "./encodings.ts";
import { RfbGuard } from "./guard.ts";
import { PLAIN_FORMAT } from "./pixel-format.ts";
import { encodeHello, encodeText, rectangleHead, updateHead } from "./to-client.ts";

const MESSAGES = Number(process.env.SALLYPORT_FUZZ ?? 100_000);
/** A slow machine takes a millisecond a message. */
const WITHIN = { timeout: Math.max(120_000, MESSAGES) };
const ANSWERS: readonly Answer[] = [
  { kind: "permit" },
  { kind: "permit" },
  { kind: "deny", refusal: "operation" },
  { kind: "hold" },
];

/** mulberry32: the same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const encodings = Object.values(ENCODING);

function fromClient(next: (below: number) => number): Uint8Array {
  const [x, y] = [next(100), next(100)];
  switch (next(5)) {
    case 0:
      return encodeClientMessage({ kind: "key", keysym: 0xff00 + next(256), down: next(2) === 0 });
    case 1:
      return encodeClientMessage({ kind: "pointer", mask: next(256), x, y });
    case 2:
      return encodeClientMessage({ kind: "text", text: new Uint8Array(next(50)) });
    case 3:
      return encodeClientMessage({ kind: "encodings", encodings });
    default: {
      const size = { width: next(100) + 1, height: next(100) + 1 };
      const kind = { kind: "update-request", incremental: next(2) === 0 } as const;
      return encodeClientMessage({ ...kind, x: 0, y: 0, ...size });
    }
  }
}

function fromAsset(next: (below: number) => number): Uint8Array {
  if (next(8) === 0) return encodeText(new Uint8Array(next(50)));
  const encoding = encodings[next(encodings.length)] ?? 0;
  const size = { width: next(30), height: next(30) };
  const body = Array.from({ length: next(60) }, () => next(256));
  const head = rectangleHead({ x: next(60), y: next(60), ...size, encoding });
  return Uint8Array.from([...updateHead(1), ...head, ...body]);
}

function spoilt(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  if (bytes.length > 0 && next(12) === 0) bytes[next(bytes.length)] = next(256);
  return next(40) === 0 ? bytes.subarray(0, next(bytes.length + 1)) : bytes;
}

/** Black, as it begins: every other guard judges by it. */
const PAGE = {
  ...{ name: "black", width: 120, height: 120, regions: [] },
  mark: { x: 0, y: 0, width: 16, height: 8, picture: "000000000000" },
};

function begin(next: (below: number) => number): GuardDriver {
  const driver = new GuardDriver(new RfbGuard(next(2) === 0 ? [] : [PAGE]), ({ id, items }) =>
    items.map(() =>
      id < 3 ? { kind: "permit" } : (ANSWERS[next(ANSWERS.length)] ?? { kind: "hold" }),
    ),
  );
  driver.bytes("client", Uint8Array.of(1));
  const name = new Uint8Array(next(20));
  driver.bytes("asset", encodeHello({ width: 120, height: 120, format: PLAIN_FORMAT, name }));
  driver.bytes("client", encodeClientMessage({ kind: "encodings", encodings }));
  return driver;
}

test(`${MESSAGES} messages of hostile viewers and panels`, WITHIN, () => {
  const next = numbers(20_260_105);
  let driver = begin(next);
  let ended = 0;
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    const from: Side = next(2) === 0 ? "client" : "asset";
    const bytes = from === "client" ? fromClient(next) : fromAsset(next);
    driver.bytes(from, spoilt(bytes, next));
    const over = driver.effects.at(-1)?.kind === "violation";
    if (over) ended += 1;
    expect(driver.guard.backlog(from)).toBeLessThanOrEqual(65_536);
    if (over || sent % 400 === 0) driver = begin(next);
  }
  expect(ended).toBeGreaterThan(0);
});
