/**
 * The picture of a screen, from what an asset sends: decodes what the guard lets through. Pixels
 * are bytes of red, green, blue and an opaque fourth, as canvases have them. What cannot be decoded
 * leaves the picture as it was and says so; nothing in here grows beyond one screen.
 */
import type { Rectangle } from "./asset-stream.ts";
import { ENCODING } from "./encodings.ts";
import { Inflate, type InflatePiece, type InflateState } from "./inflate.ts";
import { compactPixel, type PixelFormat, tightPixelLength } from "./pixel-format.ts";
import { decodeZrle } from "./zrle.ts";

/** Streams of Tight are numbers 0–3; then those of Zlib and ZRLE. */
const ZLIB_STREAM = 4;
const ZRLE_STREAM = 5;
const STREAMS = 6;
const OPAQUE = 0xff000000;
/** Parts of RRE that paint the same pixels again: servers do it once, a hostile one for hours. */
const PARTS_OVER_EACH_OTHER = 16;

export interface PictureState {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
  readonly streams: readonly InflateState[];
}

/** Reads one pixel; the value is 0xAABBGGRR. */
export type ReadPixel = (bytes: Uint8Array, at: number) => number;

export class Picture {
  width: number;
  height: number;
  /** Little-endian words of red, green, blue, opaque. */
  pixels: Uint32Array;
  /** Pixels written, each as often as it was: a few bytes of an asset can ask for millions. */
  work = 0;
  /** Pixels made anew for other sizes: as few bytes ask for as much memory. */
  remade = 0;
  private streams: Inflate[];
  private readonly quick: InflatePiece | undefined;

  /** @param quick a library's inflate, where there is one */
  constructor(width: number, height: number, quick?: InflatePiece) {
    this.quick = quick;
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height).fill(OPAQUE);
    this.streams = Array.from({ length: STREAMS }, () => new Inflate());
  }

  static from({ width, height, pixels, streams }: PictureState, quick?: InflatePiece): Picture {
    const picture = new Picture(0, 0, quick);
    picture.width = width;
    picture.height = height;
    picture.pixels = new Uint32Array(pixels);
    picture.streams = streams.map((state) => Inflate.from(state));
    return picture;
  }

  /** A copy: the picture may go on. */
  get state(): PictureState {
    return { ...this.standing, pixels: new Uint32Array(this.pixels) };
  }

  /** Its own pixels: valid until it goes on. */
  get standing(): PictureState {
    const { width, height, pixels } = this;
    return { width, height, pixels, streams: this.streams.map(({ state }) => state) };
  }

  /**
   * @param data all of the rectangle's, as the guard measured it
   * @returns false if it does not decode
   */
  draw(rectangle: Rectangle, data: Uint8Array, format: PixelFormat): boolean {
    const read = pixelReader(format);
    const pixel = format.bitsPerPixel / 8;
    this.work += rectangle.width * rectangle.height;
    switch (rectangle.encoding) {
      case ENCODING.raw:
        return this.raw(rectangle, data, read, pixel);
      case ENCODING.copyRect:
        return this.copy(rectangle, data);
      case ENCODING.rre:
        return this.rre(rectangle, data, read, pixel);
      case ENCODING.hextile:
        return this.hextile(rectangle, data, read, pixel);
      case ENCODING.zlib:
        return this.zlib(rectangle, data, read, pixel);
      case ENCODING.zrle:
        return this.zrle(rectangle, data, format);
      case ENCODING.tight:
        return this.tight(rectangle, data, format);
      case ENCODING.desktopSize:
        return this.resize(rectangle.width, rectangle.height);
      case ENCODING.extendedDesktopSize:
        return rectangle.y !== 0 || this.resize(rectangle.width, rectangle.height);
      default:
        return true;
    }
  }

  fill(x: number, y: number, width: number, height: number, colour: number): void {
    const right = Math.min(x + width, this.width);
    for (let row = y; row < Math.min(y + height, this.height); row += 1) {
      this.pixels.fill(colour, row * this.width + x, row * this.width + right);
    }
  }

  private resize(width: number, height: number): boolean {
    if (width === this.width && height === this.height) return true;
    this.remade += width * height;
    const pixels = new Uint32Array(width * height).fill(OPAQUE);
    const columns = Math.min(width, this.width);
    for (let row = 0; row < Math.min(height, this.height); row += 1) {
      pixels.set(this.pixels.subarray(row * this.width, row * this.width + columns), row * width);
    }
    this.width = width;
    this.height = height;
    this.pixels = pixels;
    return true;
  }

  private raw(
    { x, y, width, height }: Rectangle,
    data: Uint8Array,
    read: ReadPixel,
    pixel: number,
  ): boolean {
    if (data.length < width * height * pixel) return false;
    if (read === readRgb) return this.rawRgb({ x, y, width, height }, data);
    let at = 0;
    for (let row = y; row < y + height; row += 1) {
      for (let place = row * this.width + x; place < row * this.width + x + width; place += 1) {
        this.pixels[place] = read(data, at);
        at += pixel;
      }
    }
    return true;
  }

  /** The commonest by far: without a call for each pixel. */
  private rawRgb({ x, y, width, height }: Omit<Rectangle, "encoding">, data: Uint8Array): boolean {
    const { pixels } = this;
    let at = 0;
    for (let row = y; row < y + height; row += 1) {
      const end = row * this.width + x + width;
      for (let place = end - width; place < end; place += 1, at += 3) {
        const blue = data[at + 2] ?? 0;
        pixels[place] = OPAQUE | (blue << 16) | ((data[at + 1] ?? 0) << 8) | (data[at] ?? 0);
      }
    }
    return true;
  }

  private copy({ x, y, width, height }: Rectangle, data: Uint8Array): boolean {
    const view = viewOf(data);
    const [fromX, fromY] = [view.getUint16(0), view.getUint16(2)];
    const rows = Array.from({ length: height }, (_, n) => n);
    if (fromY < y) rows.reverse();
    for (const row of rows) {
      const from = (fromY + row) * this.width + fromX;
      this.pixels.copyWithin((y + row) * this.width + x, from, from + width);
    }
    return true;
  }

  private rre(
    { x, y, width, height }: Rectangle,
    data: Uint8Array,
    read: ReadPixel,
    pixel: number,
  ) {
    const view = viewOf(data);
    const count = view.getUint32(0);
    this.fill(x, y, width, height, read(data, 4));
    let at = 4 + pixel;
    const workMax = this.work + PARTS_OVER_EACH_OTHER * width * height;
    for (let n = 0; n < count; n += 1, at += pixel + 8) {
      if (this.work > workMax) return false;
      const [dx, dy] = [view.getUint16(at + pixel), view.getUint16(at + pixel + 2)];
      const [w, h] = [view.getUint16(at + pixel + 4), view.getUint16(at + pixel + 6)];
      this.within({ x, y, width, height }, dx, dy, w, h, read(data, at));
    }
    return true;
  }

  /** A part of a rectangle, cut to it: an asset may say what it likes. */
  private within(
    box: Omit<Rectangle, "encoding">,
    dx: number,
    dy: number,
    width: number,
    height: number,
    colour: number,
  ): void {
    if (dx >= box.width || dy >= box.height) return;
    const [w, h] = [Math.min(width, box.width - dx), Math.min(height, box.height - dy)];
    this.work += w * h;
    this.fill(box.x + dx, box.y + dy, w, h, colour);
  }

  private hextile(area: Rectangle, data: Uint8Array, read: ReadPixel, pixel: number): boolean {
    let at = 0;
    let background = OPAQUE;
    let foreground = OPAQUE;
    for (let y = area.y; y < area.y + area.height; y += 16) {
      for (let x = area.x; x < area.x + area.width; x += 16) {
        const width = Math.min(16, area.x + area.width - x);
        const height = Math.min(16, area.y + area.height - y);
        const box = { x, y, width, height };
        const kind = data[at++] ?? 0;
        if (kind & 1) {
          this.raw({ ...box, encoding: 0 }, data.subarray(at), read, pixel);
          at += width * height * pixel;
          continue;
        }
        if (kind & 2) {
          background = read(data, at);
          at += pixel;
        }
        if (kind & 4) {
          foreground = read(data, at);
          at += pixel;
        }
        this.fill(x, y, width, height, background);
        const count = kind & 8 ? (data[at++] ?? 0) : 0;
        for (let n = 0; n < count; n += 1) {
          const colour = kind & 16 ? read(data, at) : foreground;
          if (kind & 16) at += pixel;
          const place = data[at++] ?? 0;
          const size = data[at++] ?? 0;
          this.within(box, place >> 4, place & 15, (size >> 4) + 1, (size & 15) + 1, colour);
        }
      }
    }
    return true;
  }

  private zlib(area: Rectangle, data: Uint8Array, read: ReadPixel, pixel: number): boolean {
    const plain = this.inflate(ZLIB_STREAM, data.subarray(4), area.width * area.height * pixel);
    return plain !== undefined && this.raw(area, plain, read, pixel);
  }

  private zrle(area: Rectangle, data: Uint8Array, format: PixelFormat): boolean {
    const { from, length } = compactPixel(format);
    const tiles = Math.ceil(area.width / 64) * Math.ceil(area.height / 64);
    const plainMax = area.width * area.height * (length + 1) + tiles * (1 + 128 * length);
    const plain = this.inflate(ZRLE_STREAM, data.subarray(4), plainMax);
    const read = shiftedReader(format, from, length);
    return plain !== undefined && decodeZrle(this, area, plain, read, length);
  }

  private tight(area: Rectangle, data: Uint8Array, format: PixelFormat): boolean {
    const { x, y, width, height } = area;
    const control = data[0] ?? 0;
    for (let stream = 0; stream < 4; stream += 1) {
      if (control & (1 << stream)) this.streams[stream] = new Inflate();
    }
    const pixel = tightPixelLength(format);
    const read = pixel === 3 ? readRgb : pixelReader(format);
    const kind = control >> 4;
    if (kind === 8) {
      this.fill(x, y, width, height, read(data, 1));
      return true;
    }
    let at = 1;
    const filter = kind & 4 ? (data[at++] ?? 0) : 0;
    const palette: number[] = [];
    if (filter === 1) {
      const colours = (data[at++] ?? 0) + 1;
      for (let n = 0; n < colours; n += 1, at += pixel) palette.push(read(data, at));
    }
    const bits = palette.length === 2 ? Math.ceil(width / 8) : width;
    const length = height * (filter === 1 ? bits : width * pixel);
    const plain = this.tightPlain(data, at, length, kind & 3);
    if (plain === undefined) return false;
    if (filter === 1) return this.paletted(area, plain, palette);
    if (filter === 2) return this.gradient(area, plain, format, pixel);
    return this.raw(area, plain, read, pixel);
  }

  private tightPlain(data: Uint8Array, from: number, length: number, stream: number) {
    if (length < 12) return data.subarray(from);
    let at = from;
    while ((data[at] ?? 0) & 0x80 && at < from + 2) at += 1;
    return this.inflate(stream, data.subarray(at + 1), length);
  }

  private paletted({ x, y, width, height }: Rectangle, plain: Uint8Array, palette: number[]) {
    const two = palette.length === 2;
    const stride = two ? Math.ceil(width / 8) : width;
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        const byte = plain[row * stride + (two ? column >> 3 : column)] ?? 0;
        const index = two ? (byte >> (7 - (column & 7))) & 1 : byte;
        this.pixels[(y + row) * this.width + x + column] = palette[index] ?? OPAQUE;
      }
    }
    return true;
  }

  /** Each colour is told as what it differs from left + above - above left. */
  private gradient(area: Rectangle, plain: Uint8Array, format: PixelFormat, pixel: number) {
    const { x, y, width, height } = area;
    if (pixel !== 3) return this.raw(area, plain, pixelReader(format), pixel);
    let above = new Uint8Array(3 * width);
    for (let row = 0; row < height; row += 1) {
      const line = new Uint8Array(3 * width);
      for (let at = 0; at < 3 * width; at += 1) {
        const left = at < 3 ? 0 : (line[at - 3] ?? 0);
        const corner = at < 3 ? 0 : (above[at - 3] ?? 0);
        const guess = Math.max(0, Math.min(255, left + (above[at] ?? 0) - corner));
        line[at] = (plain[row * 3 * width + at] ?? 0) + guess;
      }
      for (let column = 0; column < width; column += 1) {
        this.pixels[(y + row) * this.width + x + column] = readRgb(line, 3 * column);
      }
      above = line;
    }
    return true;
  }

  private inflate(stream: number, data: Uint8Array, lengthMax: number): Uint8Array | undefined {
    return this.streams[stream]?.push(data, lengthMax, this.quick);
  }
}

function readRgb(bytes: Uint8Array, at: number): number {
  const blue = bytes[at + 2] ?? 0;
  return (OPAQUE | (blue << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0)) >>> 0;
}

export function pixelReader(format: PixelFormat): ReadPixel {
  return shiftedReader(format, 0, format.bitsPerPixel / 8);
}

/** Of `length` bytes that are the pixel's from byte `from` on. */
function shiftedReader(format: PixelFormat, from: number, length: number): ReadPixel {
  const { redMax, greenMax, blueMax, redShift, greenShift, blueShift, bigEndian } = format;
  const whole = format.bitsPerPixel / 8;
  const low = bigEndian ? 8 * (whole - from - length) : 8 * from;
  return (bytes, at) => {
    let value = 0;
    for (let n = 0; n < length; n += 1) {
      const byte = bytes[bigEndian ? at + n : at + length - 1 - n] ?? 0;
      value = (value << 8) | byte;
    }
    value = (value << low) >>> 0;
    const red = scaled((value >>> redShift) & redMax, redMax);
    const green = scaled((value >>> greenShift) & greenMax, greenMax);
    const blue = scaled((value >>> blueShift) & blueMax, blueMax);
    return (OPAQUE | (blue << 16) | (green << 8) | red) >>> 0;
  };
}

function scaled(value: number, max: number): number {
  return max === 255 ? value : Math.round((value * 255) / max);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
