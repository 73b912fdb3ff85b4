/**
 * Whether a PDU of the asset is an answer to the request it claims to answer: function, sizes,
 * echoes. Anything else means that the two sides are out of step, and then nothing that follows
 * can be trusted. MODBUS Application Protocol V1.1b3, 6 and 7.
 */
import { MEI_DEVICE_IDENTIFICATION } from "./decode-device.ts";
import { FILE_REFERENCE } from "./decode-files.ts";
import { READ_BITS_MAX } from "./decode-points.ts";
import { encodeRequest } from "./encode.ts";
import { HEADER_LENGTH } from "./frame.ts";
import type { FileReadOperation, ModbusOperation } from "./operation.ts";
import type { Items } from "./request.ts";
import { takeFrame } from "./spare-frames.ts";
import { byteAt, setWord, wordAt } from "./words.ts";

/** 6.18: a FIFO holds up to 31 registers. */
const FIFO_MAX = 31;
/** 6.10: status, event count and message count precede the events. */
const EVENT_LOG_FIXED = 6;
const EVENTS_MAX = 64;

/** The PDU is `bytes[start]` to `bytes[end - 1]`, at least one byte. Undefined if it fits. */
export function replyFault(
  items: Items,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  const [first] = items;
  if (first === undefined) return "it answers nothing";
  const code = byteAt(bytes, start);
  if (code === (first.function | 0x80)) {
    const whole = end - start === 2 && byteAt(bytes, start + 1) !== 0;
    return whole ? undefined : "an exception is a function and a code, nothing else";
  }
  if (code !== first.function) return `function ${code} does not answer function ${first.function}`;
  return fits(first, items, bytes, start, end)
    ? undefined
    : `the reply to function ${code} does not have the size or content that the request asks for`;
}

export function isException(bytes: Uint8Array, start: number): boolean {
  return byteAt(bytes, start) >= 0x80;
}

/**
 * A fresh frame for the client out of an inspected reply frame: the client's transaction, and no
 * bits beyond those that were asked for.
 */
export function replyFrame(
  items: Items,
  transaction: number,
  bytes: Uint8Array,
  start: number,
  length: number,
): Uint8Array {
  const frame = takeFrame(length);
  for (let at = 0; at < length; at++) frame[at] = byteAt(bytes, start + at);
  setWord(frame, 0, transaction);
  const [first] = items;
  if (first?.action === "modbus:read" && first.function < 3 && !isException(frame, HEADER_LENGTH)) {
    const used = first.count & 7;
    const last = frame.length - 1;
    if (used !== 0) frame[last] = byteAt(frame, last) & ((1 << used) - 1);
  }
  return frame;
}

function fits(
  first: ModbusOperation,
  items: Items,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = end - start;
  switch (first.function) {
    case 1:
    case 2:
    case 3:
    case 4:
      return counted(bytes, start, end, dataBytes(first));
    case 5:
    case 6:
    case 21:
    case 22:
      return echoes(items, bytes, start, end, "whole");
    case 7:
      return length === 2;
    case 8:
      return fitsDiagnostic(items, bytes, start, end);
    case 11:
      return length === 5;
    case 12:
      return fitsEventLog(bytes, start, end);
    case 15:
    case 16:
      return echoes(items, bytes, start, end, "range");
    case 17:
      return length > 2 && counted(bytes, start, end, byteAt(bytes, start + 1));
    case 20:
      return fitsFileRead(items, bytes, start, end);
    case 23:
      return counted(bytes, start, end, dataBytes(items[1]));
    case 24:
      return fitsFifo(bytes, start, end);
    case 43:
      return fitsEncapsulated(first, bytes, start, end);
    default:
      return true;
  }
}

/** Bytes of values that a read asks for; -1 (fits nothing) for anything else. */
function dataBytes(operation: ModbusOperation | undefined): number {
  if (operation?.action !== "modbus:read" || operation.count > READ_BITS_MAX) return -1;
  return operation.function < 3 ? (operation.count + 7) >> 3 : 2 * operation.count;
}

/** Function, byte count, that many bytes. */
function counted(bytes: Uint8Array, start: number, end: number, count: number): boolean {
  return end - start === 2 + count && byteAt(bytes, start + 1) === count;
}

/** Whether it repeats the request, or (function 15, 16) its first five bytes: no values. */
function echoes(
  items: Items,
  bytes: Uint8Array,
  start: number,
  end: number,
  what: "whole" | "range",
): boolean {
  const request = encodeRequest(items, 0);
  const length = what === "whole" ? request.length - HEADER_LENGTH : 5;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) {
    if (request[HEADER_LENGTH + i] !== bytes[start + i]) return false;
  }
  return true;
}

/** Sub-function 0 gives back the data; all others answer with the sub-function and one word. */
function fitsDiagnostic(items: Items, bytes: Uint8Array, start: number, end: number): boolean {
  const [first] = items;
  if (first?.action !== "modbus:diagnostic") return false;
  if (first.subFunction === 0) return echoes(items, bytes, start, end, "whole");
  return end - start === 5 && wordAt(bytes, start + 1) === first.subFunction;
}

function fitsEventLog(bytes: Uint8Array, start: number, end: number): boolean {
  const count = end - start - 2;
  return (
    count >= EVENT_LOG_FIXED &&
    count <= EVENT_LOG_FIXED + EVENTS_MAX &&
    counted(bytes, start, end, count)
  );
}

/** One group per sub-request, in order: its length, the reference type, its registers. */
function fitsFileRead(items: Items, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || !counted(bytes, start, end, end - start - 2)) return false;
  let at = start + 2;
  for (const item of items as readonly FileReadOperation[]) {
    if (end - at < 2 + 2 * item.count) return false;
    if (byteAt(bytes, at) !== 1 + 2 * item.count) return false;
    if (byteAt(bytes, at + 1) !== FILE_REFERENCE) return false;
    at += 2 + 2 * item.count;
  }
  return at === end;
}

function fitsFifo(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 5) return false;
  const count = wordAt(bytes, start + 3);
  return (
    count <= FIFO_MAX && wordAt(bytes, start + 1) === 2 + 2 * count && end - start === 5 + 2 * count
  );
}

function fitsEncapsulated(
  first: ModbusOperation,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (first.action === "modbus:other") {
    return end - start >= 2 && byteAt(bytes, start + 1) === first.subFunction;
  }
  if (first.action !== "modbus:identify" || end - start < 7) return false;
  if (byteAt(bytes, start + 1) !== MEI_DEVICE_IDENTIFICATION) return false;
  if (byteAt(bytes, start + 2) !== first.readCode) return false;
  let at = start + 7;
  for (let left = byteAt(bytes, start + 6); left > 0; left--) {
    if (end - at < 2) return false;
    at += 2 + byteAt(bytes, at + 1);
  }
  return at === end;
}
