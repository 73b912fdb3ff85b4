/**
 * A key frame of a screen: all that is needed to go on drawing from between two records of its
 * tape. Its picture is written as tiles; one that rests on an earlier frame has only those that
 * changed since, so that the two merged are the whole.
 *
 *     "screen/1", base + 1 or 0, history, place in the stream, hand, picture
 *     picture: width, height, streams, then a byte a tile (left to right, top to bottom):
 *     0 as in the base · 1–253 so many colours, then an index a pixel · 255 three bytes a pixel
 */

import { ByteWriter } from "../tape/byte-writer.ts";
import { Cursor } from "../tape/cursor.ts";
import type { InflateState } from "./inflate.ts";
import { isScreen } from "./limits.ts";
import type { PictureState } from "./picture.ts";
import {
  PIXEL_FORMAT_LENGTH,
  type PixelFormat,
  readPixelFormat,
  writePixelFormat,
} from "./pixel-format.ts";
import type { HistoryState } from "./screen-history.ts";
import type { ScreenState } from "./screen-player.ts";

export interface ScreenMoment {
  readonly history: HistoryState;
  readonly screen: ScreenState;
}

/** The whole frame that another rests on. */
export interface FrameBase {
  /** Of the segment that it stands before. */
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

const MAGIC = "screen/1";
const TILE = 64;
const SAME = 0;
const PLAIN = 255;
const COLOURS_MAX = 253;
const STREAMS_MAX = 6;
const OPAQUE = 0xff000000;

export interface EncodedFrame {
  readonly bytes: Uint8Array;
  /** Share of the tiles that are written, from 0 to 1. */
  readonly changed: number;
}

/** @param base of the same size, or the frame is whole */
export function encodeScreenFrame({ history, screen }: ScreenMoment, base?: FrameBase) {
  const out = new ByteWriter(65_536);
  const { picture } = screen;
  const rests = base && picture && base.width === picture.width && base.height === picture.height;
  out.text(MAGIC);
  out.varint(rests ? base.number + 1 : 0);
  writeHistory(out, history);
  writePlace(out, screen);
  const changed = writePicture(out, picture, rests ? base.pixels : undefined);
  return { bytes: out.bytes.subarray(0, out.length), changed } satisfies EncodedFrame;
}

/** Of which segment the frame is that this one rests on. */
export function baseOf(frame: Uint8Array): number | undefined {
  const from = cursorOn(frame);
  if (from.text() !== MAGIC) return undefined;
  const base = from.varint();
  return from.fault !== undefined || base === 0 ? undefined : base - 1;
}

/** Undefined if it is no frame that can be read here, or its base is another. */
export function decodeScreenFrame(
  frame: Uint8Array,
  base?: PictureState,
): ScreenMoment | undefined {
  const from = cursorOn(frame);
  if (from.text() !== MAGIC) return undefined;
  const rests = from.varint() > 0;
  const history = readHistory(from);
  const place = readPlace(from);
  const picture = readPicture(from, rests ? base : undefined);
  if (from.fault !== undefined || from.left > 0) return undefined;
  return { history, screen: { ...place, picture } };
}

function cursorOn(bytes: Uint8Array): Cursor {
  const cursor = new Cursor();
  cursor.enter(bytes, 0, bytes.length);
  return cursor;
}

function writeHistory(out: ByteWriter, { channel, begun, rest }: HistoryState): void {
  out.varint(channel === undefined ? 0 : channel + 1);
  out.byte(begun ? 1 : 0);
  writeBytes(out, rest);
}

function readHistory(from: Cursor): HistoryState {
  const channel = from.varint();
  const begun = from.byte() === 1;
  return { channel: channel === 0 ? undefined : channel - 1, begun, rest: readBytes(from) };
}

function writePlace(out: ByteWriter, { channel, format, left, rest, hand }: ScreenState): void {
  out.varint(channel === undefined ? 0 : channel + 1);
  out.byte(format ? 1 : 0);
  if (format) {
    out.reserve(PIXEL_FORMAT_LENGTH);
    writePixelFormat(format, out.bytes, out.length);
    out.length += PIXEL_FORMAT_LENGTH;
  }
  out.varint(left);
  writeBytes(out, rest);
  out.byte(hand ? 1 : 0);
  for (const value of hand ? [hand.x, hand.y, hand.mask] : []) out.varint(value);
}

function readPlace(from: Cursor): Omit<ScreenState, "picture"> {
  const channel = from.varint();
  const format = from.byte() === 1 ? readFormat(from) : undefined;
  const left = from.varint();
  const rest = readBytes(from);
  const hand =
    from.byte() === 1 ? { x: from.varint(), y: from.varint(), mask: from.varint() } : undefined;
  return { channel: channel === 0 ? undefined : channel - 1, format, left, rest, hand };
}

function readFormat(from: Cursor): PixelFormat | undefined {
  const bytes = from.raw(PIXEL_FORMAT_LENGTH);
  if (bytes.length < PIXEL_FORMAT_LENGTH) return undefined;
  const format = readPixelFormat(bytes, 0);
  if (!format) from.fail("a pixel format that is not carried");
  return format;
}

function writePicture(
  out: ByteWriter,
  picture: PictureState | undefined,
  base: Uint32Array | undefined,
): number {
  out.varint(picture?.width ?? 0);
  if (!picture) return 0;
  out.varint(picture.height);
  out.varint(picture.streams.length);
  for (const stream of picture.streams) writeStream(out, stream);
  let [tiles, changed] = [0, 0];
  const palette = new Palette();
  for (const box of tilesOf(picture)) {
    tiles += 1;
    if (base && isSame(picture, base, box)) {
      out.byte(SAME);
      continue;
    }
    changed += 1;
    writeTile(out, picture, box, palette);
  }
  return changed / tiles;
}

function readPicture(from: Cursor, base: PictureState | undefined): PictureState | undefined {
  const width = from.varint();
  if (width === 0) return undefined;
  const height = from.varint();
  if (!isScreen(width, height)) from.fail("no screen");
  const streams = Array.from({ length: from.count(STREAMS_MAX) }, () => readStream(from));
  if (from.fault !== undefined) return undefined;
  const fits = base?.width === width && base.height === height;
  const pixels = fits ? new Uint32Array(base.pixels) : new Uint32Array(width * height);
  for (const box of tilesOf({ width, height })) {
    const kind = from.byte();
    if (kind === SAME && !fits) from.fail("it rests on another frame");
    if (from.fault !== undefined) return undefined;
    if (kind !== SAME) readTile(from, kind, { width, pixels }, box);
  }
  return { width, height, pixels, streams };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
}

function* tilesOf({ width, height }: { width: number; height: number }): Generator<Box> {
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      yield { x, y, columns: Math.min(TILE, width - x), rows: Math.min(TILE, height - y) };
    }
  }
}

function isSame(picture: PictureState, base: Uint32Array, { x, y, columns, rows }: Box): boolean {
  const { width, pixels } = picture;
  for (let row = y; row < y + rows; row += 1) {
    for (let at = row * width + x; at < row * width + x + columns; at += 1) {
      if (pixels[at] !== base[at]) return false;
    }
  }
  return true;
}

function writeTile(
  out: ByteWriter,
  { width, pixels }: PictureState,
  { x, y, columns, rows }: Box,
  palette: Palette,
): void {
  palette.clear();
  const count = columns * rows;
  const tile = palette.indexes;
  let at = 0;
  for (let row = y; row < y + rows && !palette.isFull; row += 1) {
    const end = row * width + x + columns;
    for (let place = end - columns; place < end; place += 1, at += 1) {
      tile[at] = palette.indexOf((pixels[place] ?? 0) & 0xffffff);
    }
  }
  out.reserve(1 + 3 * (COLOURS_MAX + count));
  out.byte(palette.isFull ? PLAIN : palette.size);
  if (palette.isFull) {
    writePlain(out, pixels, { x, y, columns, rows }, width);
    return;
  }
  for (const colour of palette.colours.subarray(0, palette.size)) writeColour(out, colour);
  if (palette.size === 1) return;
  out.raw(tile.subarray(0, count));
}

/** Room for it was made. */
function writePlain(
  out: ByteWriter,
  pixels: Uint32Array,
  { x, y, columns, rows }: Box,
  width: number,
): void {
  for (let row = y; row < y + rows; row += 1) {
    const end = row * width + x + columns;
    for (let place = end - columns; place < end; place += 1) {
      const colour = pixels[place] ?? 0;
      out.bytes[out.length++] = colour & 0xff;
      out.bytes[out.length++] = (colour >> 8) & 0xff;
      out.bytes[out.length++] = (colour >> 16) & 0xff;
    }
  }
}

/** Places of a table for the colours of a tile, four times as many as it holds. */
const PLACES = 1_024;

/** The colours of one tile, in the order in which they come. A map costs thirty times as much. */
class Palette {
  readonly colours = new Uint32Array(COLOURS_MAX);
  readonly indexes = new Uint8Array(TILE * TILE);
  size = 0;
  /** There was one more than it takes. */
  isFull = false;
  private readonly table = new Uint16Array(PLACES);
  /** Most pixels are as the one before them. */
  private last = -1;
  private lastIndex = 0;

  clear(): void {
    this.size = 0;
    this.isFull = false;
    this.last = -1;
    this.table.fill(0);
  }

  /** A colour that is new joins the others, as long as there is room. */
  indexOf(colour: number): number {
    if (colour === this.last) return this.lastIndex;
    const { table, colours } = this;
    let place = (Math.imul(colour, 0x9e3779b1) >>> 22) & (PLACES - 1);
    let index = (table[place] ?? 0) - 1;
    while (index >= 0 && colours[index] !== colour) {
      place = (place + 1) & (PLACES - 1);
      index = (table[place] ?? 0) - 1;
    }
    if (index < 0) {
      if (this.size === COLOURS_MAX) {
        this.isFull = true;
        return 0;
      }
      index = this.size++;
      colours[index] = colour;
      table[place] = index + 1;
    }
    this.last = colour;
    this.lastIndex = index;
    return index;
  }
}

function writeColour(out: ByteWriter, colour: number): void {
  out.byte(colour & 0xff);
  out.byte((colour >> 8) & 0xff);
  out.byte((colour >> 16) & 0xff);
}

function readTile(
  from: Cursor,
  kind: number,
  { width, pixels }: { readonly width: number; readonly pixels: Uint32Array },
  { x, y, columns, rows }: Box,
): void {
  const plain = kind === PLAIN;
  const palette = plain ? [] : Array.from({ length: kind }, () => readColour(from));
  const data = kind === 1 ? NOTHING : from.raw(columns * rows * (plain ? 3 : 1));
  if (from.fault !== undefined) return;
  let at = 0;
  for (let row = y; row < y + rows; row += 1) {
    for (let place = row * width + x; place < row * width + x + columns; place += 1, at += 1) {
      pixels[place] = plain ? colourAt(data, 3 * at) : (palette[data[at] ?? 0] ?? OPAQUE);
    }
  }
}

const NOTHING = new Uint8Array(0);

function readColour(from: Cursor): number {
  const bytes = [from.byte(), from.byte(), from.byte()];
  return colourAt(bytes, 0);
}

function colourAt(bytes: ArrayLike<number>, at: number): number {
  const [red = 0, green = 0, blue = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  return (OPAQUE | (blue << 16) | (green << 8) | red) >>> 0;
}

function writeStream(out: ByteWriter, { begun, window, bits, bitCount }: InflateState): void {
  out.byte(begun ? 1 : 0);
  out.varint(bits >>> 0);
  out.byte(bitCount);
  writeBytes(out, window);
}

function readStream(from: Cursor): InflateState {
  const begun = from.byte() === 1;
  const bits = from.varint() | 0;
  const bitCount = from.byte();
  if (bitCount > 32) from.fail("more bits than wait");
  return { begun, bits, bitCount, window: readBytes(from) };
}

function writeBytes(out: ByteWriter, bytes: Uint8Array): void {
  out.varint(bytes.length);
  out.raw(bytes);
}

function readBytes(from: Cursor): Uint8Array {
  return from.raw(from.count(Number.MAX_SAFE_INTEGER));
}
