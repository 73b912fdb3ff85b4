/** Requests for file records and FIFO queues: functions 20, 21, 24. */
import { WRONG_LENGTH } from "./decode-points.ts";
import { EXCEPTION } from "./exception.ts";
import { Malformed } from "./malformed.ts";
import type { FifoReadOperation, FileReadOperation, FileWriteOperation } from "./operation.ts";
import { fileReadKey, identifyKey } from "./operation-key.ts";
import { byteAt, wordAt, wordsAt } from "./words.ts";

/** 6.14, 6.15: limits of the byte counts. */
const READ_BYTES_MIN = 0x07;
const READ_BYTES_MAX = 0xf5;
const WRITE_BYTES_MIN = 0x09;
const WRITE_BYTES_MAX = 0xfb;
/** Each sub-request: reference type, file, record, length. */
export const SUB_REQUEST_LENGTH = 7;
/** The only reference type there is. */
export const FILE_REFERENCE = 6;
/** Records of a file are numbered 0 to 9999. */
const RECORDS = 10_000;

const WRONG_BYTE_COUNT = new Malformed(
  EXCEPTION.illegalValue,
  "the byte count of the file request is not that of its sub-requests",
);
const WRONG_REFERENCE = new Malformed(
  EXCEPTION.illegalAddress,
  "the reference type of a sub-request is not 6",
);
const WRONG_RECORD = new Malformed(
  EXCEPTION.illegalAddress,
  "a file number is 0 or records run over 9999",
);
const TOO_LONG = new Malformed(EXCEPTION.illegalValue, "the reply would not fit into one PDU");

export function decodeFileRead(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly FileReadOperation[] | Malformed {
  if (end - start < 2) return WRONG_LENGTH;
  const byteCount = byteAt(bytes, start + 1);
  if (byteCount < READ_BYTES_MIN || byteCount > READ_BYTES_MAX) return WRONG_BYTE_COUNT;
  if (byteCount % SUB_REQUEST_LENGTH !== 0 || end - start !== 2 + byteCount) {
    return WRONG_BYTE_COUNT;
  }
  const items: FileReadOperation[] = [];
  let replyBytes = 0;
  for (let at = start + 2; at < end; at += SUB_REQUEST_LENGTH) {
    const fault = subRequestFault(bytes, at);
    if (fault) return fault;
    const item = fileReadOf(unit, bytes, at);
    replyBytes += 2 + 2 * item.count;
    items.push(item);
  }
  return replyBytes > READ_BYTES_MAX ? TOO_LONG : items;
}

export function decodeFileWrite(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly FileWriteOperation[] | Malformed {
  if (end - start < 2) return WRONG_LENGTH;
  const byteCount = byteAt(bytes, start + 1);
  if (byteCount < WRITE_BYTES_MIN || byteCount > WRITE_BYTES_MAX) return WRONG_BYTE_COUNT;
  if (end - start !== 2 + byteCount) return WRONG_BYTE_COUNT;
  const items: FileWriteOperation[] = [];
  for (let at = start + 2; at < end; ) {
    if (end - at < SUB_REQUEST_LENGTH) return WRONG_BYTE_COUNT;
    const fault = subRequestFault(bytes, at);
    if (fault) return fault;
    const count = wordAt(bytes, at + 5);
    const next = at + SUB_REQUEST_LENGTH + 2 * count;
    if (next > end) return WRONG_BYTE_COUNT;
    items.push(fileWriteOf(unit, bytes, at, count));
    at = next;
  }
  return items;
}

export function decodeFifoRead(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [FifoReadOperation] | Malformed {
  if (end - start !== 3) return WRONG_LENGTH;
  const pointer = wordAt(bytes, start + 1);
  return [
    {
      action: "modbus:fifo-read",
      class: "observe",
      unit,
      function: 24,
      pointer,
      key: identifyKey(unit, 24, pointer),
    },
  ];
}

function subRequestFault(bytes: Uint8Array, at: number): Malformed | undefined {
  if (byteAt(bytes, at) !== FILE_REFERENCE) return WRONG_REFERENCE;
  const file = wordAt(bytes, at + 1);
  const record = wordAt(bytes, at + 3);
  const count = wordAt(bytes, at + 5);
  if (count === 0) return WRONG_BYTE_COUNT;
  return file === 0 || record + count > RECORDS ? WRONG_RECORD : undefined;
}

function fileReadOf(unit: number, bytes: Uint8Array, at: number): FileReadOperation {
  const file = wordAt(bytes, at + 1);
  const record = wordAt(bytes, at + 3);
  const count = wordAt(bytes, at + 5);
  return {
    action: "modbus:file-read",
    class: "observe",
    unit,
    function: 20,
    file,
    record,
    count,
    key: fileReadKey(unit, 20, file, record, count),
  };
}

function fileWriteOf(
  unit: number,
  bytes: Uint8Array,
  at: number,
  count: number,
): FileWriteOperation {
  return {
    action: "modbus:file-write",
    class: "program",
    unit,
    function: 21,
    file: wordAt(bytes, at + 1),
    record: wordAt(bytes, at + 3),
    values: wordsAt(bytes, at + SUB_REQUEST_LENGTH, count),
  };
}
