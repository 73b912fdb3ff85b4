/**
 * A recording of a screen as pictures at a steady rate, for a video: what was shown and where the
 * hand was. Where nothing changes for long, the time in between is left out.
 */
import { decodeScreenFrame } from "../../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../../protocols/rfb/screen-player.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import { inflatePiece } from "../screens/inflate-piece.ts";

export const FILM_RATE = 10;
const STEP_MS = 1_000 / FILM_RATE;
/** Of a picture that stays as it is. */
const STILL_MS = 2_000;
/** Pixels of a video: more is scaled down by a whole number. */
const PIXELS_MAX = 2_304_000;
/** An hour of video; what is longer is cut there, and says so. */
export const PICTURES_MAX = 3_600 * FILM_RATE;
/** Pixels that one segment may ask to be drawn. */
const SEGMENT_WORK_MAX = 268_435_456;

export interface FilmSize {
  readonly width: number;
  readonly height: number;
}

export interface FilmSink {
  /** Once, before the first picture. Both are even. */
  begin(size: FilmSize): void;
  /** Red, green, blue, opaque; valid during the call only. */
  picture(rgba: Uint8Array): void;
}

export interface FilmSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

export class ScreenFilm {
  /** The video ended before the recording did. */
  shortened = false;
  private readonly span: FilmSpan;
  private readonly sink: FilmSink;
  private history = new ScreenHistory();
  private player = new ScreenPlayer(inflatePiece);
  private size: FilmSize | undefined;
  private scale = 1;
  private rgba = new Uint8Array(0);
  private nextMs: number;
  private changedMs: number;
  private count = 0;

  constructor(span: FilmSpan, sink: FilmSink) {
    this.span = span;
    this.sink = sink;
    this.nextMs = span.fromMs;
    this.changedMs = span.fromMs;
  }

  get pictures(): number {
    return this.count;
  }

  /** What stood before the first segment; one that cannot be read is none. */
  standing(frame: Uint8Array): void {
    const moment = decodeScreenFrame(frame);
    if (!moment) return;
    this.history = ScreenHistory.from(moment.history);
    this.player = ScreenPlayer.from(moment.screen, inflatePiece);
  }

  /** The next segment, whole. */
  push(plain: Uint8Array): void {
    const { player } = this;
    player.workMax = player.work + SEGMENT_WORK_MAX;
    for (const record of readSegment(plain).records) {
      if (record.wallMs > this.span.untilMs) return;
      this.showUntil(record.wallMs);
      for (const event of this.history.push(record)) {
        player.show(event);
        this.changedMs = Math.max(this.changedMs, record.wallMs);
      }
    }
  }

  end(): void {
    this.showUntil(Math.min(this.span.untilMs, this.changedMs + STILL_MS));
    if (this.count === 0) this.show();
  }

  private showUntil(atMs: number): void {
    while (this.nextMs < atMs) {
      if (this.nextMs > this.changedMs + STILL_MS) {
        this.nextMs = atMs;
        return;
      }
      this.show();
      this.nextMs += STEP_MS;
    }
  }

  private show(): void {
    if (this.count >= PICTURES_MAX) {
      this.shortened = true;
      return;
    }
    const { picture } = this.player;
    if (!picture) return;
    const size = this.size ?? this.begin(picture.width, picture.height);
    this.draw(size);
    this.count += 1;
    this.sink.picture(this.rgba);
  }

  private begin(width: number, height: number): FilmSize {
    while ((width * height) / this.scale ** 2 > PIXELS_MAX) this.scale += 1;
    const even = (side: number) => Math.max(2, Math.floor(side / this.scale) & ~1);
    const size = { width: even(width), height: even(height) };
    this.size = size;
    this.rgba = new Uint8Array(4 * size.width * size.height);
    this.sink.begin(size);
    return size;
  }

  /** A screen of another size than the first is cut, or stands in black. */
  private draw({ width, height }: FilmSize): void {
    const { picture, hand } = this.player;
    if (!picture) return;
    const out = new Uint32Array(this.rgba.buffer);
    out.fill(0xff000000);
    const columns = Math.min(width, Math.floor(picture.width / this.scale));
    for (let y = 0; y < Math.min(height, Math.floor(picture.height / this.scale)); y += 1) {
      const from = y * this.scale * picture.width;
      for (let x = 0; x < columns; x += 1) {
        out[y * width + x] = picture.pixels[from + x * this.scale] ?? 0;
      }
    }
    if (hand) drawHand(out, { width, height }, hand.x / this.scale, hand.y / this.scale, hand.mask);
  }
}

const RADIUS = 6;
const WHITE = 0xffffffff;
const BLACK = 0xff000000;
/** Amber, as 0xAABBGGRR. */
const PRESSED = 0xff1f9eff;

/** A ring where the hand was, filled while a button is down. */
function drawHand(
  out: Uint32Array,
  { width, height }: FilmSize,
  atX: number,
  atY: number,
  mask: number,
): void {
  const [left, top] = [Math.round(atX), Math.round(atY)];
  for (let dy = -RADIUS; dy <= RADIUS; dy += 1) {
    for (let dx = -RADIUS; dx <= RADIUS; dx += 1) {
      const [x, y, far] = [left + dx, top + dy, Math.hypot(dx, dy)];
      if (x < 0 || y < 0 || x >= width || y >= height || far > RADIUS) continue;
      if (far > RADIUS - 1) out[y * width + x] = BLACK;
      else if (far > RADIUS - 3) out[y * width + x] = WHITE;
      else if (mask !== 0) out[y * width + x] = PRESSED;
    }
  }
}
