import { constants, createDeflate, type Deflate } from "node:zlib";
import { expect, test } from "vitest";
import { ENCODING } from "./encodings.ts";
import { PLAIN_FORMAT } from "./pixel-format.ts";
import type { ScreenEvent } from "./screen-history.ts";
import { ScreenPlayer } from "./screen-player.ts";
import { encodeHello, encodeText, rectangleHead, updateHead } from "./to-client.ts";

const SIZE = { width: 100, height: 70 };
const hello = encodeHello({ ...SIZE, format: PLAIN_FORMAT, name: new Uint8Array(0) });
const at = { sequence: 0, wallMs: 0, channel: 1 };

function flushed(deflate: Deflate, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const take = (part: Buffer) => parts.push(part);
    deflate.on("data", take);
    deflate.write(bytes);
    deflate.flush(constants.Z_SYNC_FLUSH, () => {
      deflate.off("data", take);
      resolve(Buffer.concat(parts));
    });
  });
}

function rectangle(encoding: number, body: Uint8Array, box = { x: 0, y: 0, ...SIZE }): Buffer {
  return Buffer.concat([updateHead(1), rectangleHead({ ...box, encoding }), body]);
}

/** Pixels that differ from frame to frame, little-endian as the format says. */
function frame(seed: number): Buffer {
  const bytes = Buffer.alloc(SIZE.width * SIZE.height * 4);
  for (let n = 0; n < SIZE.width * SIZE.height; n += 1) {
    bytes.writeUInt32LE(((n >> 3) * 65_793 * seed) & 0xffffff, 4 * n);
  }
  return bytes;
}

/** The same as a canvas has it. */
function shown(bytes: Buffer): Uint32Array {
  const pixels = new Uint32Array(bytes.length / 4);
  for (let n = 0; n < pixels.length; n += 1) {
    const [blue = 0, green = 0, red = 0] = bytes.subarray(4 * n, 4 * n + 3);
    pixels[n] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return pixels;
}

async function zlibFrames(count: number): Promise<Buffer[]> {
  const deflate = createDeflate();
  const frames: Buffer[] = [];
  for (let seed = 1; seed <= count; seed += 1) {
    const body = await flushed(deflate, frame(seed));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    frames.push(rectangle(ENCODING.zlib, Buffer.concat([length, body])));
  }
  deflate.destroy();
  return frames;
}

test("a state kept at any byte goes on to the same picture", async () => {
  const all = Buffer.concat([hello, ...(await zlibFrames(3))]);
  const whole = new ScreenPlayer();
  whole.show({ ...at, kind: "start" });
  whole.show({ ...at, kind: "picture", bytes: all });
  expect(whole.picture?.pixels).toEqual(shown(frame(3)));
  for (let cut = 1; cut < all.length; cut += 97) {
    const before = new ScreenPlayer();
    before.show({ ...at, kind: "start" });
    before.show({ ...at, kind: "picture", bytes: all.subarray(0, cut) });
    const after = ScreenPlayer.from(before.state);
    after.show({ ...at, kind: "picture", bytes: all.subarray(cut) });
    expect(after.broken, `cut at ${cut}`).toBe(false);
    expect(after.picture?.pixels, `cut at ${cut}`).toEqual(whole.picture?.pixels);
  }
});

test("hextile, rre and copies draw what they say", () => {
  const player = new ScreenPlayer();
  player.show({ ...at, kind: "start" });
  const events: Uint8Array[] = [
    hello,
    rectangle(
      ENCODING.rre,
      Uint8Array.of(0, 0, 0, 1, 9, 9, 9, 0, 1, 2, 3, 0, 0, 1, 0, 2, 0, 3, 0, 4),
    ),
    rectangle(ENCODING.copyRect, Uint8Array.of(0, 0, 0, 0), { x: 50, y: 0, width: 10, height: 10 }),
    rectangle(ENCODING.hextile, Uint8Array.of(2 | 8 | 16, 7, 7, 7, 0, 1, 5, 6, 7, 0, 0x11, 0x10), {
      x: 80,
      y: 0,
      width: 16,
      height: 16,
    }),
  ];
  for (const bytes of events) player.show({ ...at, kind: "picture", bytes });
  const pixel = (x: number, y: number) => (player.picture?.pixels[y * SIZE.width + x] ?? 0) >>> 0;
  expect(player.broken).toBe(false);
  expect(pixel(0, 0)).toBe(0xff090909);
  expect(pixel(1, 2)).toBe(0xff010203);
  expect(pixel(3, 5)).toBe(0xff010203);
  expect(pixel(4, 5)).toBe(0xff090909);
  expect(pixel(51, 2)).toBe(0xff010203);
  expect(pixel(80, 0)).toBe(0xff070707);
  expect(pixel(81, 1)).toBe(0xff050607);
  expect(pixel(82, 1)).toBe(0xff050607);
  expect(pixel(83, 1)).toBe(0xff070707);
});

test("a hand is shown where it was, and another channel takes the screen over", () => {
  const player = new ScreenPlayer();
  const events: ScreenEvent[] = [
    { ...at, kind: "start" },
    { ...at, kind: "picture", bytes: hello },
    { ...at, kind: "pointer", mask: 1, x: 4, y: 5 },
  ];
  for (const event of events) player.show(event);
  expect(player.hand).toMatchObject({ mask: 1, x: 4, y: 5 });
  player.show({ ...at, channel: 2, kind: "start" });
  player.show({ ...at, kind: "pointer", mask: 0, x: 9, y: 9 });
  expect(player.hand).toBeUndefined();
});

test("a picture that does not decode says so and changes nothing else", () => {
  const player = new ScreenPlayer();
  player.show({ ...at, kind: "start" });
  player.show({ ...at, kind: "picture", bytes: hello });
  const body = Uint8Array.of(0, 0, 0, 6, 0x78, 0x9c, 1, 2, 3, 4);
  player.show({ ...at, kind: "picture", bytes: rectangle(ENCODING.zrle, body) });
  expect(player.broken).toBe(true);
  expect(new Set(player.picture?.pixels)).toEqual(new Set([0xff000000]));
});

/** Messages that draw nothing, as long as they may be. */
const colours = Buffer.concat([Buffer.of(1, 0, 0, 0, 0xff, 0xff), Buffer.alloc(6 * 65_535, 2)]);
const text = encodeText(Buffer.alloc(1_000_000, 3));

test("of what draws nothing nothing is kept, and a state amid it goes on behind it", () => {
  const before = new ScreenPlayer();
  before.show({ ...at, kind: "start" });
  before.show({ ...at, kind: "picture", bytes: hello });
  const bytes = Buffer.concat([colours, text, colours, Buffer.of(2)]);
  const behind = rectangle(ENCODING.raw, frame(5));
  for (let from = 0; from < bytes.length; from += 50_021) {
    before.show({ ...at, kind: "picture", bytes: bytes.subarray(from, from + 50_021) });
    expect(before.state.rest.length).toBeLessThan(64_000);
    expect(before.held).toBeLessThan(4 * SIZE.width * SIZE.height + 200_000);
    const after = ScreenPlayer.from(before.state);
    const rest = Buffer.concat([bytes.subarray(from + 50_021), behind]);
    after.show({ ...at, kind: "picture", bytes: rest });
    expect(after.picture?.pixels, `from ${from}`).toEqual(shown(frame(5)));
  }
});

test("a rectangle that says more than its screen's pixels is not gathered for ever", () => {
  const box = { x: 0, y: 0, width: 300, height: 200 };
  const parts = box.width * box.height;
  const body = Buffer.alloc(8 + 12 * parts);
  body.writeUInt32BE(parts);
  const player = new ScreenPlayer();
  player.show({ ...at, kind: "start" });
  const size = { width: box.width, height: box.height };
  const begin = encodeHello({ ...size, format: PLAIN_FORMAT, name: new Uint8Array(0) });
  player.show({ ...at, kind: "picture", bytes: begin });
  const bytes = rectangle(ENCODING.rre, body, box);
  for (let from = 0; from < bytes.length; from += 100) {
    player.show({ ...at, kind: "picture", bytes: bytes.subarray(from, from + 100) });
    expect(player.held).toBeLessThan(4 * parts + 2 * (5 * parts + 300_000));
  }
  expect(player.broken).toBe(true);
  expect(player.held).toBe(4 * parts);
});
