/** RequestHeader and ResponseHeader (Part 4, 7.33 and 7.34). */
import { array, readExtensionObject, skipDiagnosticInfo, string } from "./built-in.ts";
import { Reader } from "./reader.ts";

export interface RequestHeader {
  readonly timestamp: bigint;
  readonly requestHandle: number;
  readonly returnDiagnostics: number;
  /** Milliseconds; 0 is none. */
  readonly timeoutHint: number;
}

/** Null NodeId, timestamp, three numbers and a text that is null, null ExtensionObject. */
const REQUEST_HEADER_LENGTH = 29;

export function readRequestHeader(r: Reader): RequestHeader {
  if (r.uint16() !== 0) r.fail("an authenticationToken, which the leg puts in");
  const timestamp = r.int64();
  const requestHandle = r.uint32();
  const returnDiagnostics = r.uint32();
  r.string();
  const timeoutHint = r.uint32();
  readExtensionObject(r);
  return { timestamp, requestHandle, returnDiagnostics, timeoutHint };
}

/** What is known of it and nothing else: no audit text of the client's, no additional header. */
export function writeRequestHeader(header: RequestHeader, requestHandle: number): Uint8Array {
  const bytes = new Uint8Array(REQUEST_HEADER_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(2, header.timestamp, true);
  view.setUint32(10, requestHandle, true);
  view.setUint32(14, header.returnDiagnostics, true);
  view.setInt32(18, -1, true);
  view.setUint32(22, header.timeoutHint, true);
  return bytes;
}

export interface ResponseHeader {
  readonly serviceResult: number;
  /** Behind the header. */
  readonly end: number;
}

/** Where a ResponseHeader has its requestHandle: behind the timestamp. */
const HANDLE_AT = 8;
const RESPONSE_HEADER_LENGTH = 24;

export function readResponseHeader(r: Reader): ResponseHeader {
  r.int64();
  r.uint32();
  const serviceResult = r.uint32();
  skipDiagnosticInfo(r);
  array(string)(r);
  readExtensionObject(r);
  return { serviceResult, end: r.at };
}

/** Of an answer that the guard makes: the leg puts the time in. */
export function writeResponseHeader(requestHandle: number, serviceResult: number): Uint8Array {
  const bytes = new Uint8Array(RESPONSE_HEADER_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(HANDLE_AT, requestHandle, true);
  view.setUint32(HANDLE_AT + 4, serviceResult, true);
  view.setInt32(17, -1, true);
  return bytes;
}

/** Puts the client's requestHandle into a response; the bytes must be the caller's own. */
export function putHandle(body: Uint8Array, requestHandle: number): void {
  new DataView(body.buffer, body.byteOffset).setUint32(HANDLE_AT, requestHandle, true);
}

/** Only as far as it goes without decoding the rest; undefined where even that is malformed. */
export function serviceResultOf(body: Uint8Array): number | undefined {
  const r = new Reader(body);
  const { serviceResult } = readResponseHeader(r);
  return r.fault === undefined ? serviceResult : undefined;
}
