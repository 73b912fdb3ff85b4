/** What clients send after their hello: RFC 6143, 7.5. What is not in here ends the channel. */
import { copyBytes } from "../copy-bytes.ts";
import { type Cut, INCOMPLETE } from "../inbox.ts";
import { CUT_TEXT_MAX, ENCODINGS_MAX, SCREENS_MAX } from "./limits.ts";
import { type PixelFormat, readPixelFormat, writePixelFormat } from "./pixel-format.ts";

export type ClientMessage =
  | { readonly kind: "format"; readonly format: PixelFormat }
  | { readonly kind: "encodings"; readonly encodings: readonly number[] }
  | {
      readonly kind: "update-request";
      readonly incremental: boolean;
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: "key"; readonly down: boolean; readonly keysym: number }
  | { readonly kind: "pointer"; readonly mask: number; readonly x: number; readonly y: number }
  /** Latin-1, as it came. */
  | { readonly kind: "text"; readonly text: Uint8Array }
  | {
      readonly kind: "resize";
      readonly width: number;
      readonly height: number;
      readonly bytes: Uint8Array;
    };

export const CLIENT_TYPE = {
  format: 0,
  encodings: 2,
  updateRequest: 3,
  key: 4,
  pointer: 5,
  text: 6,
  resize: 251,
} as const;

const RESIZE_HEAD = 8;
const SCREEN_LENGTH = 16;

export function cutClientMessage(bytes: Uint8Array): Cut<ClientMessage> {
  const length = lengthOf(bytes);
  if (typeof length === "string") return { kind: "malformed", reason: length };
  if (length === 0 || bytes.length < length) return INCOMPLETE;
  const frame = read(bytes, length);
  if (typeof frame === "string") return { kind: "malformed", reason: frame };
  return { kind: "frame", frame, length };
}

/** 0 while it cannot be told yet, a reason where it never can. */
function lengthOf(bytes: Uint8Array): number | string {
  switch (bytes[0]) {
    case undefined:
      return 0;
    case CLIENT_TYPE.format:
      return 20;
    case CLIENT_TYPE.encodings:
      return encodingsLength(bytes);
    case CLIENT_TYPE.updateRequest:
      return 10;
    case CLIENT_TYPE.key:
      return 8;
    case CLIENT_TYPE.pointer:
      return 6;
    case CLIENT_TYPE.text:
      return textLength(bytes);
    case CLIENT_TYPE.resize:
      return resizeLength(bytes);
    default:
      return `a message of type ${bytes[0]}`;
  }
}

function encodingsLength(bytes: Uint8Array): number | string {
  if (bytes.length < 4) return 0;
  const count = viewOf(bytes).getUint16(2);
  return count > ENCODINGS_MAX ? `${count} encodings` : 4 + 4 * count;
}

/** A negative length is the extended clipboard, which was not offered. */
function textLength(bytes: Uint8Array): number | string {
  if (bytes.length < 8) return 0;
  const length = viewOf(bytes).getInt32(4);
  if (length < 0) return "an extended clipboard, which was not offered";
  return length > CUT_TEXT_MAX ? `a text of ${length} bytes` : 8 + length;
}

function resizeLength(bytes: Uint8Array): number | string {
  if (bytes.length < RESIZE_HEAD) return 0;
  const screens = bytes[6] ?? 0;
  return screens > SCREENS_MAX ? `${screens} screens` : RESIZE_HEAD + screens * SCREEN_LENGTH;
}

function read(bytes: Uint8Array, length: number): ClientMessage | string {
  const view = viewOf(bytes);
  switch (bytes[0]) {
    case CLIENT_TYPE.format: {
      const format = readPixelFormat(bytes, 4);
      return format ? { kind: "format", format } : "a pixel format without true colour";
    }
    case CLIENT_TYPE.encodings:
      return { kind: "encodings", encodings: readEncodings(view, length) };
    case CLIENT_TYPE.updateRequest:
      return {
        kind: "update-request",
        incremental: bytes[1] !== 0,
        ...{ x: view.getUint16(2), y: view.getUint16(4) },
        ...{ width: view.getUint16(6), height: view.getUint16(8) },
      };
    case CLIENT_TYPE.key:
      return { kind: "key", down: bytes[1] !== 0, keysym: view.getUint32(4) };
    case CLIENT_TYPE.pointer:
      return {
        kind: "pointer",
        mask: view.getUint8(1),
        x: view.getUint16(2),
        y: view.getUint16(4),
      };
    case CLIENT_TYPE.text:
      return { kind: "text", text: copyBytes(bytes, 8, length) };
    default: {
      const size = { width: view.getUint16(2), height: view.getUint16(4) };
      return { kind: "resize", ...size, bytes: copyBytes(bytes, 0, length) };
    }
  }
}

function readEncodings(view: DataView, length: number): readonly number[] {
  const encodings: number[] = [];
  for (let at = 4; at < length; at += 4) encodings.push(view.getInt32(at));
  return encodings;
}

/** A fresh array. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  switch (message.kind) {
    case "format": {
      const bytes = message20();
      writePixelFormat(message.format, bytes, 4);
      return bytes;
    }
    case "encodings":
      return encodeEncodings(message.encodings);
    case "update-request":
      return encodeUpdateRequest(message);
    case "key":
      return encodeKey(message.keysym, message.down);
    case "pointer":
      return encodePointer(message.mask, message.x, message.y);
    case "text": {
      const bytes = new Uint8Array(8 + message.text.length);
      bytes[0] = CLIENT_TYPE.text;
      viewOf(bytes).setUint32(4, message.text.length);
      bytes.set(message.text, 8);
      return bytes;
    }
    case "resize":
      return copyBytes(message.bytes);
  }
}

function message20(): Uint8Array {
  return new Uint8Array(20);
}

function encodeEncodings(encodings: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * encodings.length);
  const view = viewOf(bytes);
  bytes[0] = CLIENT_TYPE.encodings;
  view.setUint16(2, encodings.length);
  encodings.forEach((encoding, n) => {
    view.setInt32(4 + 4 * n, encoding);
  });
  return bytes;
}

function encodeUpdateRequest(
  message: Extract<ClientMessage, { kind: "update-request" }>,
): Uint8Array {
  const bytes = new Uint8Array(10);
  const view = viewOf(bytes);
  bytes[0] = CLIENT_TYPE.updateRequest;
  bytes[1] = message.incremental ? 1 : 0;
  view.setUint16(2, message.x);
  view.setUint16(4, message.y);
  view.setUint16(6, message.width);
  view.setUint16(8, message.height);
  return bytes;
}

export function encodeKey(keysym: number, down: boolean): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes[0] = CLIENT_TYPE.key;
  bytes[1] = down ? 1 : 0;
  viewOf(bytes).setUint32(4, keysym);
  return bytes;
}

export function encodePointer(mask: number, x: number, y: number): Uint8Array {
  const bytes = new Uint8Array(6);
  const view = viewOf(bytes);
  bytes[0] = CLIENT_TYPE.pointer;
  bytes[1] = mask;
  view.setUint16(2, x);
  view.setUint16(4, y);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
