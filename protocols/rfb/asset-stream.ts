/**
 * What an asset sends after its hello (RFC 6143, 7.3.2 and 7.6), cut as it comes: a rectangle may
 * be as large as the screen, so it is handed on in pieces whose borders depend on what is sent
 * and not on how the network cut it.
 */

import { BACKLOG_MAX } from "../guard.ts";
import { Inbox } from "../inbox.ts";
import { ENCODING } from "./encodings.ts";
import {
  COMPRESSION_SLACK,
  CURSOR_SIDE_MAX,
  CUT_TEXT_MAX,
  isScreen,
  NAME_MAX,
  SCREENS_MAX,
  SKIPPED_TEXT_MAX,
} from "./limits.ts";
import { type PixelFormat, readPixelFormat, tightPixelLength } from "./pixel-format.ts";

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly encoding: number;
}

/** Arrays are valid during the call only. */
export interface AssetSink {
  /** `format` is undefined where the asset's own is not carried. */
  hello(width: number, height: number, format: PixelFormat | undefined, name: Uint8Array): void;
  /** @param count of rectangles; 65535 where a last one will say so */
  updateBegins(count: number): void;
  rectangleBegins(rectangle: Rectangle): void;
  /** The next piece of the rectangle's data. */
  data(bytes: Uint8Array): void;
  rectangleEnds(): void;
  updateEnds(): void;
  bell(): void;
  text(bytes: Uint8Array): void;
  /** Longer than what is carried. */
  textSkipped(length: number): void;
  /** So many bytes that mean nothing here are still to come of a message; 0: it has ended. */
  skipping(left: number): void;
}

/** What a picture knows when it goes on between two rectangles. */
export interface StreamPlace {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  /** Rectangles left of the update that is under way; 0 between updates. */
  readonly left: number;
}

/** Pieces of data are as long as this, or end with what they are part of. */
export const PIECE = 16_384;
/** A full read of a leg beyond the backlog at which the loop stops reading. */
const INBOX_MAX = 4 * BACKLOG_MAX;
const HELLO_LENGTH = 24;
const TYPE = { update: 0, colours: 1, bell: 2, text: 3 } as const;
const HEXTILE = { raw: 1, background: 2, foreground: 4, some: 8, coloured: 16 } as const;
/** Below this, Tight does not compress. */
const TIGHT_PLAIN_MAX = 12;

/** Yields how many bytes it needs next; ends with the reason why there can be no next. */
type Cutting<T> = Generator<number, T, Uint8Array>;
type Reason = string | undefined;

export class AssetStream {
  readonly inbox = new Inbox(INBOX_MAX);
  private readonly sink: AssetSink;
  private readonly cutting: Cutting<string>;
  private needed: number;
  private screen = { width: 0, height: 0 };
  private left = 0;
  /** In which pixels come from now on. */
  format: PixelFormat | undefined;
  /** Encodings that were asked for; raw always may come. */
  readonly asked = new Set<number>([ENCODING.raw]);

  constructor(sink: AssetSink, place?: StreamPlace) {
    this.sink = sink;
    if (place) {
      this.screen = { width: place.width, height: place.height };
      this.format = place.format;
    }
    this.cutting = this.whole(place);
    this.needed = this.cutting.next().value as number;
  }

  get width(): number {
    return this.screen.width;
  }

  get height(): number {
    return this.screen.height;
  }

  /** Rectangles of the update under way that have not ended. */
  get rectanglesLeft(): number {
    return this.left;
  }

  /** Takes the next thing that is whole: true, or false while there is none, or what is wrong. */
  take(): boolean | string {
    if (this.inbox.length < this.needed) return false;
    const { bytes, start } = this.inbox.view;
    const next = this.cutting.next(bytes.subarray(start, start + this.needed));
    this.inbox.skip(this.needed);
    if (next.done) return next.value;
    this.needed = next.value;
    return true;
  }

  private *whole(place: StreamPlace | undefined): Cutting<string> {
    let wrong = place ? yield* this.goOn(place.left) : yield* this.hello();
    while (wrong === undefined) wrong = yield* this.message();
    return wrong;
  }

  private *goOn(left: number): Cutting<Reason> {
    return left === 0 ? undefined : yield* this.rectangles(left);
  }

  private *hello(): Cutting<Reason> {
    const head = yield HELLO_LENGTH;
    const view = viewOf(head);
    const [width, height] = [view.getUint16(0), view.getUint16(2)];
    const nameLength = view.getUint32(20);
    const format = readPixelFormat(head, 4);
    if (!isScreen(width, height)) return `a screen of ${width} × ${height}`;
    if (nameLength > NAME_MAX) return `a name of ${nameLength} bytes`;
    const name = nameLength === 0 ? NOTHING : yield nameLength;
    this.screen = { width, height };
    this.format = format;
    this.sink.hello(width, height, format, name);
    return undefined;
  }

  private *message(): Cutting<Reason> {
    const type = (yield 1)[0];
    switch (type) {
      case TYPE.update: {
        const count = viewOf(yield 3).getUint16(1);
        this.sink.updateBegins(count);
        return yield* this.rectangles(count);
      }
      case TYPE.colours:
        // Means nothing in true colour, and is not carried.
        return yield* this.skip(6 * viewOf(yield 5).getUint16(3));
      case TYPE.bell:
        this.sink.bell();
        return undefined;
      case TYPE.text:
        return yield* this.text();
      default:
        return `a message of type ${type}`;
    }
  }

  private *text(): Cutting<Reason> {
    const length = viewOf(yield 7).getUint32(3);
    if (length > SKIPPED_TEXT_MAX) return `a text of ${length} bytes`;
    if (length <= CUT_TEXT_MAX) {
      this.sink.text(length === 0 ? NOTHING : yield length);
      return undefined;
    }
    this.sink.textSkipped(length);
    return yield* this.skip(length);
  }

  private *rectangles(count: number): Cutting<Reason> {
    for (this.left = count; this.left > 0; ) {
      const view = viewOf(yield 12);
      const rectangle: Rectangle = {
        ...{ x: view.getUint16(0), y: view.getUint16(2) },
        ...{ width: view.getUint16(4), height: view.getUint16(6) },
        encoding: view.getInt32(8),
      };
      const wrong = this.refuse(rectangle);
      if (wrong !== undefined) return wrong;
      this.sink.rectangleBegins(rectangle);
      const bad = yield* this.data(rectangle);
      if (bad !== undefined) return bad;
      this.left = rectangle.encoding === ENCODING.lastRect ? 0 : this.left - 1;
      this.sink.rectangleEnds();
    }
    this.sink.updateEnds();
    return undefined;
  }

  private refuse({ x, y, width, height, encoding }: Rectangle): Reason {
    if (!this.asked.has(encoding)) return `a rectangle in encoding ${encoding}, not asked for`;
    switch (encoding) {
      case ENCODING.desktopSize:
      case ENCODING.extendedDesktopSize:
        return isScreen(width, height) ? undefined : `a screen of ${width} × ${height}`;
      case ENCODING.cursor: {
        const fits = width <= CURSOR_SIDE_MAX && height <= CURSOR_SIDE_MAX;
        return fits ? undefined : `a pointer of ${width} × ${height}`;
      }
      case ENCODING.lastRect:
        return undefined;
      default: {
        const within = x + width <= this.screen.width && y + height <= this.screen.height;
        return within ? undefined : `a rectangle beyond the screen: ${x},${y} ${width} × ${height}`;
      }
    }
  }

  private *data(rectangle: Rectangle): Cutting<Reason> {
    const { format } = this;
    if (!format) return "a picture before its pixels were agreed on";
    const { width, height, encoding } = rectangle;
    const pixel = format.bitsPerPixel / 8;
    switch (encoding) {
      case ENCODING.raw:
        return yield* this.body(width * height * pixel);
      case ENCODING.copyRect:
        return yield* this.source(rectangle);
      case ENCODING.rre:
        return yield* this.rre(rectangle, pixel);
      case ENCODING.hextile:
        return yield* this.hextile(rectangle, pixel);
      case ENCODING.zlib:
      case ENCODING.zrle:
        return yield* this.compressed(rectangle, pixel);
      case ENCODING.tight:
        return yield* this.tight(rectangle, format);
      case ENCODING.cursor:
        return yield* this.body(width * height * pixel + Math.ceil(width / 8) * height);
      case ENCODING.extendedDesktopSize:
        return yield* this.screens(rectangle);
      case ENCODING.desktopSize:
        this.screen = { width, height };
        return undefined;
      default:
        return undefined;
    }
  }

  private *source({ width, height }: Rectangle): Cutting<Reason> {
    const bytes = yield 4;
    const [x, y] = [viewOf(bytes).getUint16(0), viewOf(bytes).getUint16(2)];
    if (x + width > this.screen.width || y + height > this.screen.height) {
      return "a copy from beyond the screen";
    }
    this.sink.data(bytes);
    return undefined;
  }

  private *rre({ width, height }: Rectangle, pixel: number): Cutting<Reason> {
    const head = yield 4;
    const count = viewOf(head).getUint32(0);
    if (count > width * height) return `${count} parts in ${width} × ${height} pixels`;
    this.sink.data(head);
    return yield* this.body(pixel + count * (pixel + 8));
  }

  private *hextile({ width, height }: Rectangle, pixel: number): Cutting<Reason> {
    for (let y = 0; y < height; y += 16) {
      for (let x = 0; x < width; x += 16) {
        const tile = yield 1;
        const kind = tile[0] ?? 0;
        this.sink.data(tile);
        if (kind & HEXTILE.raw) {
          yield* this.body(Math.min(16, width - x) * Math.min(16, height - y) * pixel);
          continue;
        }
        const background = kind & HEXTILE.background ? pixel : 0;
        const colours = background + (kind & HEXTILE.foreground ? pixel : 0);
        yield* this.body(colours);
        if (!(kind & HEXTILE.some)) continue;
        const count = yield 1;
        const parts = count[0] ?? 0;
        this.sink.data(count);
        yield* this.body(parts * (kind & HEXTILE.coloured ? pixel + 2 : 2));
      }
    }
    return undefined;
  }

  private *compressed({ width, height }: Rectangle, pixel: number): Cutting<Reason> {
    const head = yield 4;
    const length = viewOf(head).getUint32(0);
    if (length > compressedMax(width * height * (pixel + 1))) {
      return `${length} compressed bytes for ${width} × ${height} pixels`;
    }
    this.sink.data(head);
    return yield* this.body(length);
  }

  private *screens({ width, height, y }: Rectangle): Cutting<Reason> {
    const head = yield 4;
    const count = head[0] ?? 0;
    if (count > SCREENS_MAX) return `${count} screens`;
    this.sink.data(head);
    // In this encoding `y` is the status: another than 0 refuses a change.
    if (y === 0) this.screen = { width, height };
    return yield* this.body(16 * count);
  }

  private *tight({ width, height }: Rectangle, format: PixelFormat): Cutting<Reason> {
    const head = yield 1;
    const control = head[0] ?? 0;
    const kind = control >> 4;
    if (kind > 8) return "JPEG, which was not asked for";
    this.sink.data(head);
    const pixel = tightPixelLength(format);
    if (kind === 8) return yield* this.body(pixel);
    let row = width * pixel;
    if (kind & 4) {
      const filter = yield 1;
      this.sink.data(filter);
      if (filter[0] === 1) {
        const palette = yield 1;
        const colours = (palette[0] ?? 0) + 1;
        this.sink.data(palette);
        yield* this.body(colours * pixel);
        row = colours === 2 ? Math.ceil(width / 8) : width;
      } else if ((filter[0] ?? 0) > 2) return `filter ${filter[0]} of Tight`;
    }
    const plain = row * height;
    if (plain < TIGHT_PLAIN_MAX) return yield* this.body(plain);
    return yield* this.tightBody(plain);
  }

  /** Seven bits a byte, the lowest first, three bytes at most. */
  private *tightBody(plain: number): Cutting<Reason> {
    let length = 0;
    for (let shift = 0; shift <= 14; shift += 7) {
      const bytes = yield 1;
      const byte = bytes[0] ?? 0;
      this.sink.data(bytes);
      length |= (shift === 14 ? byte : byte & 0x7f) << shift;
      if (!(byte & 0x80)) break;
    }
    if (length > compressedMax(plain)) return `${length} compressed bytes for ${plain}`;
    return yield* this.body(length);
  }

  private *body(length: number): Cutting<undefined> {
    for (let left = length; left > 0; left -= PIECE) this.sink.data(yield Math.min(left, PIECE));
    return undefined;
  }

  private *skip(length: number): Cutting<undefined> {
    for (let left = length; left > 0; left -= PIECE) {
      this.sink.skipping(left);
      yield Math.min(left, PIECE);
    }
    this.sink.skipping(0);
    return undefined;
  }
}

const NOTHING = new Uint8Array(0);

function compressedMax(plain: number): number {
  return plain + (plain >> 4) + COMPRESSION_SLACK;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
