/** Small pictures of a screen at given moments, drawn from a key frame on. Runs in the tape worker. */
import { decodeScreenFrame } from "../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../protocols/rfb/screen-player.ts";
import { readSegment } from "../../protocols/tape/reader.ts";

export interface Thumbnail {
  readonly atMs: number;
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha, a byte each. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** Twice what is shown of one, for fine displays. */
export const THUMBNAIL_HEIGHT = 96;
/** A screen that is a hundred times as wide as high is cut at the right. */
const THUMBNAIL_WIDTH_MAX = 320;
/** Pixels drawn for all of one part; a hostile one asks for hours in a few bytes. */
const WORK_MAX = 268_435_456;

/**
 * @param frame what stood before the parts; empty before the first of a recording
 * @param parts plain segments in order
 * @param times in order, milliseconds since the epoch
 * @returns one for each moment at which there was a picture; none behind what cannot be drawn
 */
export function thumbnailsOf(
  frame: Uint8Array,
  parts: readonly Uint8Array[],
  times: readonly number[],
): Thumbnail[] {
  const moment = frame.length > 0 ? decodeScreenFrame(frame) : undefined;
  if (frame.length > 0 && moment === undefined) return [];
  const history = moment ? ScreenHistory.from(moment.history) : new ScreenHistory();
  const player = moment ? ScreenPlayer.from(moment.screen) : new ScreenPlayer();
  player.workMax = player.work + WORK_MAX;
  const waiting = [...times];
  const made: Thumbnail[] = [];
  const snap = (untilMs: number) => {
    while (waiting.length > 0 && (waiting[0] ?? 0) < untilMs) {
      const small = smallOf(player, waiting.shift() ?? 0);
      if (small) made.push(small);
    }
  };
  for (const part of parts) {
    for (const record of readSegment(part).records) {
      snap(record.wallMs);
      if (waiting.length === 0 || player.work > player.workMax) return made;
      for (const event of history.push(record)) player.show(event);
    }
  }
  snap(Number.POSITIVE_INFINITY);
  return made;
}

function smallOf({ picture, broken }: ScreenPlayer, atMs: number): Thumbnail | undefined {
  if (!picture || broken) return undefined;
  const factor = Math.max(1, picture.height / THUMBNAIL_HEIGHT);
  const width = Math.min(THUMBNAIL_WIDTH_MAX, Math.max(1, Math.floor(picture.width / factor)));
  const height = Math.max(1, Math.floor(picture.height / factor));
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) average(picture, factor, x, y, pixels, 4 * (y * width + x));
  }
  return { atMs, width, height, pixels };
}

/** Of all pixels that the small one stands for: thin lines and letters do not come and go. */
function average(
  { width, height, pixels }: { width: number; height: number; pixels: Uint32Array },
  factor: number,
  x: number,
  y: number,
  out: Uint8ClampedArray,
  at: number,
): void {
  const right = Math.min(width, Math.max(Math.floor(x * factor) + 1, Math.floor((x + 1) * factor)));
  const below = Math.min(
    height,
    Math.max(Math.floor(y * factor) + 1, Math.floor((y + 1) * factor)),
  );
  let [red, green, blue, count] = [0, 0, 0, 0];
  for (let row = Math.floor(y * factor); row < below; row += 1) {
    for (
      let place = row * width + Math.floor(x * factor);
      place < row * width + right;
      place += 1
    ) {
      const pixel = pixels[place] ?? 0;
      red += pixel & 255;
      green += (pixel >> 8) & 255;
      blue += (pixel >> 16) & 255;
      count += 1;
    }
  }
  out[at] = red / count;
  out[at + 1] = green / count;
  out[at + 2] = blue / count;
  out[at + 3] = 255;
}
