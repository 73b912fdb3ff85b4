/**
 * Encodes requests from decoded operations. What leaves for an asset is built here, never copied
 * from what the client sent.
 */
import { MEI_DEVICE_IDENTIFICATION } from "./decode-device.ts";
import { FILE_REFERENCE, SUB_REQUEST_LENGTH } from "./decode-files.ts";
import { COIL_ON } from "./decode-points.ts";
import { HEADER_LENGTH, newFrame, PDU_LENGTH_MAX } from "./frame.ts";
import type {
  DiagnosticOperation,
  FileReadOperation,
  FileWriteOperation,
  IdentifyOperation,
  MaskOperation,
  ModbusOperation,
  OtherOperation,
  ReadOperation,
  WriteOperation,
} from "./operation.ts";
import type { Items } from "./request.ts";
import { setWord } from "./words.ts";

const PDU = HEADER_LENGTH;

/**
 * One whole frame for the items of one request: those of a single `decide`, in their order.
 * Throws if they do not belong into one request or do not fit (our fault: whoever builds
 * operations for a person checks them first).
 */
export function encodeRequest(items: Items, transaction: number): Uint8Array {
  const [first, second] = items;
  if (first === undefined) throw new Error("a request has at least one operation");
  if (first.action === "modbus:read" && second === undefined) return encodeRead(first, transaction);
  if (first.action === "modbus:file-read") return encodeFileReads(items, transaction);
  if (first.action === "modbus:file-write") return encodeFileWrites(items, transaction);
  if (second !== undefined) return encodeReadWrite(first, second, items.length, transaction);
  return encodeOne(first, transaction);
}

function encodeOne(operation: ModbusOperation, transaction: number): Uint8Array {
  switch (operation.action) {
    case "modbus:write":
      return encodeWrite(operation, transaction);
    case "modbus:mask":
      return encodeMask(operation, transaction);
    case "modbus:identify":
      return encodeIdentify(operation, transaction);
    case "modbus:diagnostic":
      return encodeDiagnostic(operation, transaction);
    case "modbus:fifo-read": {
      const bytes = begin(operation, transaction, 3);
      setWord(bytes, PDU + 1, operation.pointer);
      return bytes;
    }
    case "modbus:other":
      return encodeOther(operation, transaction);
    default:
      throw new Error(`${operation.action} is not one request on its own`);
  }
}

function begin(operation: ModbusOperation, transaction: number, pduLength: number): Uint8Array {
  if (pduLength > PDU_LENGTH_MAX) throw new Error(`a PDU of ${pduLength} bytes is too long`);
  const bytes = newFrame(transaction, operation.unit, pduLength);
  bytes[PDU] = operation.function;
  return bytes;
}

function encodeRead(operation: ReadOperation, transaction: number): Uint8Array {
  const bytes = begin(operation, transaction, 5);
  setWord(bytes, PDU + 1, operation.address);
  setWord(bytes, PDU + 3, operation.count);
  return bytes;
}

function encodeWrite(operation: WriteOperation, transaction: number): Uint8Array {
  const { address, values } = operation;
  const [first = 0] = values;
  if (operation.function === 15) return encodeCoils(operation, transaction);
  if (operation.function === 16) {
    const bytes = begin(operation, transaction, 6 + 2 * values.length);
    setWord(bytes, PDU + 1, address);
    setWord(bytes, PDU + 3, values.length);
    bytes[PDU + 5] = 2 * values.length;
    setWords(bytes, PDU + 6, values);
    return bytes;
  }
  const bytes = begin(operation, transaction, 5);
  setWord(bytes, PDU + 1, address);
  setWord(bytes, PDU + 3, operation.function === 5 && first !== 0 ? COIL_ON : first);
  return bytes;
}

function encodeCoils(operation: WriteOperation, transaction: number): Uint8Array {
  const { values } = operation;
  const byteCount = (values.length + 7) >> 3;
  const bytes = begin(operation, transaction, 6 + byteCount);
  setWord(bytes, PDU + 1, operation.address);
  setWord(bytes, PDU + 3, values.length);
  bytes[PDU + 5] = byteCount;
  values.forEach((value, i) => {
    const at = PDU + 6 + (i >> 3);
    if (value !== 0) bytes[at] = (bytes[at] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

function encodeMask(operation: MaskOperation, transaction: number): Uint8Array {
  const bytes = begin(operation, transaction, 7);
  setWord(bytes, PDU + 1, operation.address);
  setWord(bytes, PDU + 3, operation.and);
  setWord(bytes, PDU + 5, operation.or);
  return bytes;
}

function encodeIdentify(operation: IdentifyOperation, transaction: number): Uint8Array {
  const { readCode, object } = operation;
  if (readCode === undefined || object === undefined) return begin(operation, transaction, 1);
  const bytes = begin(operation, transaction, 4);
  bytes[PDU + 1] = MEI_DEVICE_IDENTIFICATION;
  bytes[PDU + 2] = readCode;
  bytes[PDU + 3] = object;
  return bytes;
}

function encodeDiagnostic(operation: DiagnosticOperation, transaction: number): Uint8Array {
  const bytes = begin(operation, transaction, 3 + 2 * operation.data.length);
  setWord(bytes, PDU + 1, operation.subFunction);
  setWords(bytes, PDU + 3, operation.data);
  return bytes;
}

function encodeOther(operation: OtherOperation, transaction: number): Uint8Array {
  const bytes = begin(operation, transaction, 1 + operation.payload.length);
  bytes.set(operation.payload, PDU + 1);
  return bytes;
}

function encodeReadWrite(
  write: ModbusOperation,
  read: ModbusOperation,
  count: number,
  transaction: number,
): Uint8Array {
  if (write.action !== "modbus:write" || read.action !== "modbus:read" || count !== 2) {
    throw new Error("only a write and a read go together");
  }
  const bytes = begin(write, transaction, 10 + 2 * write.values.length);
  setWord(bytes, PDU + 1, read.address);
  setWord(bytes, PDU + 3, read.count);
  setWord(bytes, PDU + 5, write.address);
  setWord(bytes, PDU + 7, write.values.length);
  bytes[PDU + 9] = 2 * write.values.length;
  setWords(bytes, PDU + 10, write.values);
  return bytes;
}

function encodeFileReads(items: Items, transaction: number): Uint8Array {
  const reads = items.filter(
    (item): item is FileReadOperation => item.action === "modbus:file-read",
  );
  const bytes = beginFiles(items, reads, SUB_REQUEST_LENGTH * reads.length, transaction);
  reads.forEach((item, i) => {
    setSubRequest(bytes, PDU + 2 + SUB_REQUEST_LENGTH * i, item, item.count);
  });
  return bytes;
}

function encodeFileWrites(items: Items, transaction: number): Uint8Array {
  const writes = items.filter(
    (item): item is FileWriteOperation => item.action === "modbus:file-write",
  );
  const length = writes.reduce(
    (sum, { values }) => sum + SUB_REQUEST_LENGTH + 2 * values.length,
    0,
  );
  const bytes = beginFiles(items, writes, length, transaction);
  let at = PDU + 2;
  for (const item of writes) {
    setSubRequest(bytes, at, item, item.values.length);
    setWords(bytes, at + SUB_REQUEST_LENGTH, item.values);
    at += SUB_REQUEST_LENGTH + 2 * item.values.length;
  }
  return bytes;
}

function beginFiles(
  items: Items,
  [first, ...rest]: Items,
  byteCount: number,
  transaction: number,
): Uint8Array {
  if (first === undefined || rest.length + 1 !== items.length) {
    throw new Error("sub-requests of one request are all of one kind");
  }
  const bytes = begin(first, transaction, 2 + byteCount);
  bytes[PDU + 1] = byteCount;
  return bytes;
}

function setSubRequest(
  bytes: Uint8Array,
  at: number,
  { file, record }: { readonly file: number; readonly record: number },
  count: number,
): void {
  bytes[at] = FILE_REFERENCE;
  setWord(bytes, at + 1, file);
  setWord(bytes, at + 3, record);
  setWord(bytes, at + 5, count);
}

function setWords(bytes: Uint8Array, at: number, words: readonly number[]): void {
  words.forEach((word, i) => {
    setWord(bytes, at + 2 * i, word);
  });
}
