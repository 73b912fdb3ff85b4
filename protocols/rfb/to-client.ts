/** Messages to clients, encoded from what was read of the asset's. */
import type { Rectangle } from "./asset-stream.ts";
import { PIXEL_FORMAT_LENGTH, type PixelFormat, writePixelFormat } from "./pixel-format.ts";

export function encodeBell(): Uint8Array {
  return Uint8Array.of(2);
}

export interface Hello {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly name: Uint8Array;
}

/** RFC 6143, 7.3.2. */
export function encodeHello({ width, height, format, name }: Hello): Uint8Array {
  const head = 4 + PIXEL_FORMAT_LENGTH + 4;
  const bytes = new Uint8Array(head + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, width);
  view.setUint16(2, height);
  writePixelFormat(format, bytes, 4);
  view.setUint32(head - 4, name.length);
  bytes.set(name, head);
  return bytes;
}

/** A name is the asset's: hostile text, without what controls a terminal. */
export function cleanName(name: Uint8Array): Uint8Array {
  return Uint8Array.from(name, (byte) => (byte < 0x20 || byte > 0x7e ? 0x3f : byte));
}

export function updateHead(count: number): Uint8Array {
  return Uint8Array.of(0, 0, count >> 8, count & 0xff);
}

export function rectangleHead({ x, y, width, height, encoding }: Rectangle): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, x);
  view.setUint16(2, y);
  view.setUint16(4, width);
  view.setUint16(6, height);
  view.setInt32(8, encoding);
  return bytes;
}

/** RFC 6143, 7.6.4. */
export function encodeText(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TEXT_HEAD + text.length);
  bytes.set(textHead(text.length));
  bytes.set(text, TEXT_HEAD);
  return bytes;
}

const TEXT_HEAD = 8;

/** What goes before a text of this length. */
export function textHead(length: number): Uint8Array {
  const bytes = new Uint8Array(TEXT_HEAD);
  bytes[0] = 3;
  new DataView(bytes.buffer).setUint32(4, length);
  return bytes;
}
