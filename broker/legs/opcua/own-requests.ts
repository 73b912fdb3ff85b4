/**
 * The few requests that the broker makes by itself at an asset, as bytes: each with the null NodeId
 * where its session's token goes (OPC 10000-4, 7.32).
 */
import { NULL_NODE_ID } from "./request-header.ts";

/** What a message begins with: its type, a NodeId in namespace 0 (OPC 10000-6, 5.2.2.9). */
export function typeHead(typeId: number): Uint8Array {
  const known = heads.get(typeId);
  if (known) return known;
  const head = Buffer.alloc(typeId <= FOUR_BYTES_MAX ? 4 : 7);
  if (typeId <= FOUR_BYTES_MAX) {
    head.writeUInt8(1, 0);
    head.writeUInt16LE(typeId, 2);
  } else {
    head.writeUInt8(2, 0);
    head.writeUInt32LE(typeId, 3);
  }
  if (heads.size < HEADS_MAX) heads.set(typeId, head);
  return head;
}

const FOUR_BYTES_MAX = 0xffff;
/** The standard's services are some hundred; who sends others must not fill the memory. */
const HEADS_MAX = 512;
const heads = new Map<number, Uint8Array>();

/**
 * RequestHeader: token, timestamp, handle, returnDiagnostics, no auditEntryId, timeoutHint, no
 * additionalHeader.
 */
const HEADER = Buffer.concat([
  NULL_NODE_ID,
  Buffer.alloc(8 + 4 + 4),
  Buffer.from([0xff, 0xff, 0xff, 0xff]),
  Buffer.alloc(4),
  NULL_NODE_ID,
  Buffer.alloc(1),
]);

/** deleteSubscriptions */
export const CLOSE_SESSION: Uint8Array = Buffer.concat([HEADER, Buffer.from([1])]);

/** Its header alone. */
export const CLOSE_CHANNEL: Uint8Array = HEADER;

const STATE = 2_259;
const VALUE = 13;
/** TimestampsToReturn.Neither */
const NO_TIMESTAMPS = 3;

/** Read of the value of Server_ServerStatus_State, without a range or an encoding. */
export const READ_STATE: Uint8Array = readState();

function readState(): Uint8Array {
  // maxAge f64, timestamps, count; NodeId in four bytes, attribute, null range, null encoding
  const rest = Buffer.alloc(8 + 4 + 4 + 4 + 4 + 4 + 2 + 4);
  rest.writeUInt32LE(NO_TIMESTAMPS, 8);
  rest.writeInt32LE(1, 12);
  rest.writeUInt8(1, 16);
  rest.writeUInt16LE(STATE, 18);
  rest.writeUInt32LE(VALUE, 20);
  rest.writeInt32LE(-1, 24);
  rest.writeInt32LE(-1, 30);
  return Buffer.concat([HEADER, rest]);
}
