/** The pictures of the bench's panel: the same for whoever sends and for whoever counts. */
import { constants, deflateSync } from "node:zlib";
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { rectangleHead, updateHead } from "../../protocols/rfb/to-client.ts";

export const WIDTH = 1280;
export const HEIGHT = 800;
/** Pictures that differ; then they come again. */
const COUNT = 12;
/** Rows of one rectangle. */
const BAND = 100;

/** Updates of the whole screen in Tight, each rectangle a stream of its own. */
export function motionFrames(): Buffer[] {
  return Array.from({ length: COUNT }, (_, n) => frame(n));
}

/** What a press draws: 8 × 8 pixels, raw. */
export function answerToPress(count: number): Buffer {
  const pixels = Buffer.alloc(8 * 8 * 4, count & 0xff);
  const head = rectangleHead({ x: 100, y: 100, width: 8, height: 8, encoding: ENCODING.raw });
  return Buffer.concat([updateHead(1), head, pixels]);
}

function frame(n: number): Buffer {
  const bands: Buffer[] = [];
  for (let y = 0; y < HEIGHT; y += BAND) bands.push(band(n, y));
  return Buffer.concat([updateHead(bands.length), ...bands]);
}

function band(n: number, y: number): Buffer {
  const head = rectangleHead({ x: 0, y, width: WIDTH, height: BAND, encoding: ENCODING.tight });
  const plain = Buffer.alloc(WIDTH * BAND * 3);
  for (let row = 0; row < BAND; row += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const at = 3 * (row * WIDTH + x);
      // Bars that move, over a ground with a little noise.
      const bar = ((x + 23 * n) >> 5) % 3 === 0;
      const noise = ((x * 7 + (y + row) * 13 + n * 29) >> 3) & 7;
      plain[at] = bar ? 40 : 180 + noise;
      plain[at + 1] = bar ? 90 + ((y + row) >> 4) : 190;
      plain[at + 2] = bar ? 160 : 200 - noise;
    }
  }
  const data = deflateSync(plain, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
  // Stream 0 begins anew with each rectangle (rfbproto, 7.7.7).
  return Buffer.concat([head, Buffer.of(0x01), compactLength(data.length), data]);
}

function compactLength(length: number): Buffer {
  if (length < 128) return Buffer.of(length);
  if (length < 16_384) return Buffer.of((length & 127) | 128, length >> 7);
  return Buffer.of((length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14);
}
