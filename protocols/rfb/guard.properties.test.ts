import fc from "fast-check";
import { guardProperties } from "../../test/kit/guard-properties.ts";
import { encodeClientMessage } from "./client-message.ts";
import { ENCODING } from "./encodings.ts";
import { RfbGuard } from "./guard.ts";
import { PLAIN_FORMAT } from "./pixel-format.ts";
import type { ScreenPage } from "./screen-page.ts";
import { encodeHello, encodeText, rectangleHead, updateHead } from "./to-client.ts";

const HELLO = Uint8Array.of(1);
const all = Object.values(ENCODING);

const small = fc.integer({ min: 0, max: 70 });
const keysym = fc.constantFrom(0x61, 0x41, 0xffe3, 0xffe9, 0xffff, 0xffbe, 0x1008ff13);

const message = fc.oneof(
  fc.constant(encodeClientMessage({ kind: "format", format: PLAIN_FORMAT })),
  fc
    .subarray([...all, -260, -313, 0xc0a1e5ce | 0])
    .map((encodings) => encodeClientMessage({ kind: "encodings", encodings })),
  fc
    .tuple(fc.boolean(), small, small)
    .map(([incremental, width, height]) =>
      encodeClientMessage({ kind: "update-request", incremental, x: 0, y: 0, width, height }),
    ),
  fc
    .tuple(keysym, fc.boolean())
    .map(([key, down]) => encodeClientMessage({ kind: "key", keysym: key, down })),
  fc
    .tuple(fc.nat(255), small, small)
    .map(([mask, x, y]) => encodeClientMessage({ kind: "pointer", mask, x, y })),
  fc.uint8Array({ maxLength: 20 }).map((text) => encodeClientMessage({ kind: "text", text })),
  fc.constant(Uint8Array.of(251, 0, 0, 64, 0, 64, 0, 0)),
);

const begun = fc
  .array(message, { maxLength: 8 })
  .map((messages) =>
    joined([HELLO, encodeClientMessage({ kind: "encodings", encodings: all }), ...messages]),
  );

const client = fc.oneof(
  { weight: 6, arbitrary: begun },
  { weight: 6, arbitrary: message },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** An asset of 70 × 40 pixels that says hello, then answers with one rectangle or another. */
function reply(sent: Uint8Array, seed: number): Uint8Array | undefined {
  if (sent.length === 1) {
    const name = Uint8Array.of(0x50, 0x1b, 0x31);
    return encodeHello({ width: 70, height: 40, format: PLAIN_FORMAT, name });
  }
  if (sent[0] !== 3) return undefined;
  return seed % 7 === 0 ? encodeText(Uint8Array.of(seed & 0xff)) : update(seed);
}

function update(seed: number): Uint8Array {
  const encoding = all[seed % all.length] ?? 0;
  const size = { width: 20, height: 17 };
  const head = rectangleHead({ x: seed % 50, y: seed % 23, ...size, encoding });
  return joined([updateHead(1), head, bodyOf(encoding, size.width * size.height, seed)]);
}

function bodyOf(encoding: number, pixels: number, seed: number): Uint8Array {
  const filled = (length: number) => new Uint8Array(length).fill(seed & 0xff);
  switch (encoding) {
    case ENCODING.raw:
      return filled(pixels * 4);
    case ENCODING.copyRect:
      return Uint8Array.of(0, 5, 0, 6);
    case ENCODING.rre:
      return joined([Uint8Array.of(0, 0, 0, 2), filled(4 + 2 * 12)]);
    case ENCODING.hextile:
      return joined([Uint8Array.of(2), filled(4), Uint8Array.of(8, 1, 0, 0), filled(2)]);
    case ENCODING.zlib:
    case ENCODING.zrle:
      return joined([Uint8Array.of(0, 0, 0, 5), filled(5)]);
    case ENCODING.tight:
      return seed % 2 === 0
        ? joined([Uint8Array.of(0x80), filled(3)])
        : joined([Uint8Array.of(0x40, 1, 1), filled(6), Uint8Array.of(0x85, 0x00), filled(5)]);
    case ENCODING.cursor:
      return filled(pixels * 4 + 3 * 17);
    case ENCODING.extendedDesktopSize:
      return Uint8Array.of(1, 0, 0, 0, ...filled(16));
    default:
      return filled(0);
  }
}

/** One that the black screen of a beginning shows, and that most drawing hides. */
const BLACK: ScreenPage = {
  ...{ name: "black", width: 70, height: 40 },
  mark: { x: 0, y: 0, width: 70, height: 40, picture: "0".repeat(6 * 9 * 5) },
  regions: [],
};

for (const pages of [[], [BLACK]]) {
  guardProperties({
    name: pages.length === 0 ? "RFB" : "RFB with pages",
    create: () => new RfbGuard(pages),
    client,
    request: begun,
    reply,
    requestOf: () => 0,
    /** Two inboxes at their fullest, a piece, one text each way, and a picture with its windows. */
    retainedMax: 2 * 262_144 + 16_384 + 2 * 60_008 + 65_536 + (pages.length > 0 ? 300_000 : 0),
    runs: pages.length === 0 ? 200 : 100,
  });
}
