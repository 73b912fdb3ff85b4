/**
 * One channel of the SSH connection protocol as the legs and the guard speak it: the messages of
 * RFC 4254, each behind its length, without channel numbers and windows. The legs have ended
 * transport and authentication, give each SSH channel a channel of its own, and hold its flow by
 * not reading. A global request of the client comes as a channel of its own, too.
 *
 *     length u32, number u8, fields
 *     00000006 5e 00000001 61              DATA "a"
 */
import { type Cut, INCOMPLETE } from "../inbox.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { FieldReader } from "./field-reader.ts";
import { FieldWriter } from "./field-writer.ts";

export const NUMBER = {
  globalRequest: 80,
  requestSuccess: 81,
  requestFailure: 82,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

/** RFC 4254, 5.1. */
export const OPEN_FAILURE = {
  administrativelyProhibited: 1,
  connectFailed: 2,
  unknownChannelType: 3,
  resourceShortage: 4,
} as const;

/** RFC 4254, 5.2: the only type there is. */
export const EXTENDED_STDERR = 1;

interface PlainMessage {
  readonly kind:
    | "request-success"
    | "request-failure"
    | "open-confirmation"
    | "eof"
    | "close"
    | "success"
    | "failure";
}

export type SshMessage =
  | {
      readonly kind: "global-request";
      readonly name: string;
      readonly wantReply: boolean;
      readonly rest: Uint8Array;
    }
  | PlainMessage
  | {
      readonly kind: "open";
      readonly type: string;
      readonly rest: Uint8Array;
    }
  | {
      readonly kind: "open-failure";
      readonly reason: number;
      readonly text: string;
    }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | {
      readonly kind: "extended-data";
      readonly type: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "request";
      readonly name: string;
      readonly wantReply: boolean;
      readonly rest: Uint8Array;
    };

const LENGTH_BYTES = 4;
/** Before the data of its message: length, number, length of the data. */
export const DATA_HEAD_LENGTH = 9;
/** Of an end: one packet of data (RFC 4253, 6.1 asks for 32,768 at least) with its head, twice over. */
const SAID_LENGTH_MAX = 70_000;
/** Of the guard: a packet of SFTP at its longest, whole, with its head. */
export const MESSAGE_LENGTH_MAX = 262_144 + 64;

/** Cuts what the guard wrote, or what an end said. */
export function cutMessage(bytes: Uint8Array): Cut<SshMessage> {
  return cut(bytes, MESSAGE_LENGTH_MAX, (from) => from.string());
}

/** For bulk that goes on at once: data is a view of the bytes, whoever keeps it copies it. */
export function lookAtMessage(bytes: Uint8Array): Cut<SshMessage> {
  return cut(bytes, MESSAGE_LENGTH_MAX, (from) => from.range());
}

/** As `lookAtMessage`, of what an end says. */
export function lookAtSaid(bytes: Uint8Array): Cut<SshMessage> {
  return cut(bytes, SAID_LENGTH_MAX, (from) => from.range());
}

type ReadBulk = (from: FieldReader) => Uint8Array;

function cut(bytes: Uint8Array, lengthMax: number, bulk: ReadBulk): Cut<SshMessage> {
  if (bytes.length < LENGTH_BYTES) return INCOMPLETE;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  if (length === 0 || length > lengthMax) {
    return { kind: "malformed", reason: `a message of ${length} bytes` };
  }
  const end = LENGTH_BYTES + length;
  if (bytes.length < end) return INCOMPLETE;
  const frame = readMessage(new FieldReader(bytes, LENGTH_BYTES, end), bulk);
  return typeof frame === "string"
    ? { kind: "malformed", reason: frame }
    : { kind: "frame", frame, length: end };
}

/** A sentence where it is no message. Nothing may be missing and nothing be left over. */
function readMessage(from: FieldReader, bulk: ReadBulk): SshMessage | string {
  const number = from.uint8();
  const message = fieldsOf(number, from, bulk);
  if (message === undefined) return `message ${number} is not of the connection protocol`;
  if (from.failed) return `message ${number} is cut short or malformed`;
  return from.left > 0 ? `message ${number} has ${from.left} bytes too many` : message;
}

function fieldsOf(number: number, from: FieldReader, bulk: ReadBulk): SshMessage | undefined {
  switch (number) {
    case NUMBER.data:
      return { kind: "data", bytes: bulk(from) };
    case NUMBER.extendedData:
      return { kind: "extended-data", type: from.uint32(), bytes: bulk(from) };
    case NUMBER.globalRequest:
      return { kind: "global-request", ...requestFields(from) };
    case NUMBER.channelRequest:
      return { kind: "request", ...requestFields(from) };
    case NUMBER.channelOpen:
      return { kind: "open", type: from.name(), rest: from.rest() };
    case NUMBER.channelOpenFailure:
      return { kind: "open-failure", reason: from.uint32(), text: from.text() };
    default:
      return PLAIN.get(number);
  }
}

function requestFields(from: FieldReader) {
  return { name: from.name(), wantReply: from.boolean(), rest: from.rest() };
}

/** Those without fields. */
const PLAIN: ReadonlyMap<number, PlainMessage> = new Map([
  [NUMBER.requestSuccess, { kind: "request-success" }],
  [NUMBER.requestFailure, { kind: "request-failure" }],
  [NUMBER.channelOpenConfirmation, { kind: "open-confirmation" }],
  [NUMBER.eof, { kind: "eof" }],
  [NUMBER.close, { kind: "close" }],
  [NUMBER.channelSuccess, { kind: "success" }],
  [NUMBER.channelFailure, { kind: "failure" }],
]);

const NUMBER_OF = new Map([...PLAIN].map(([number, { kind }]) => [kind, number]));

export function encodeMessage(message: SshMessage): Uint8Array {
  if (message.kind === "data") return encodeData(message.bytes);
  const to = new FieldWriter();
  switch (message.kind) {
    case "extended-data":
      return to.uint8(NUMBER.extendedData).uint32(message.type).string(message.bytes).framed();
    case "open":
      return to.uint8(NUMBER.channelOpen).name(message.type).raw(message.rest).framed();
    case "open-failure":
      to.uint8(NUMBER.channelOpenFailure).uint32(message.reason);
      return to.name(message.text).framed();
    case "global-request":
    case "request":
      to.uint8(message.kind === "request" ? NUMBER.channelRequest : NUMBER.globalRequest);
      return to.name(message.name).boolean(message.wantReply).raw(message.rest).framed();
    default:
      return to.uint8(NUMBER_OF.get(message.kind) ?? 0).framed();
  }
}

/**
 * Data that was looked at, as a message.
 * @param stays its bytes and those around it stay as they are: then it is the very message it
 * came in, since data is written in one way only
 */
export function dataMessage(data: Uint8Array, stays: boolean): Uint8Array {
  if (!stays) return encodeData(data);
  const { buffer, byteOffset, length } = data;
  return new Uint8Array(buffer, byteOffset - DATA_HEAD_LENGTH, length + DATA_HEAD_LENGTH);
}

/** Room for so much data that stands in its message already: see `dataFrom`. */
export function roomForData(length: number): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(DATA_HEAD_LENGTH + length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length - LENGTH_BYTES);
  view.setUint8(LENGTH_BYTES, NUMBER.data);
  view.setUint32(LENGTH_BYTES + 1, length);
  return message.subarray(DATA_HEAD_LENGTH);
}

/** @param fresh data of an array that nobody else has; one that stands in its message is not copied */
export function dataFrom(fresh: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = fresh;
  const start = byteOffset - DATA_HEAD_LENGTH;
  if (start < 0) return encodeData(fresh);
  const head = new DataView(buffer, start, DATA_HEAD_LENGTH);
  const isMessage =
    head.getUint32(0) === DATA_HEAD_LENGTH - LENGTH_BYTES + length &&
    head.getUint8(LENGTH_BYTES) === NUMBER.data &&
    head.getUint32(LENGTH_BYTES + 1) === length;
  return dataMessage(fresh, isMessage);
}

/** What is a message already goes on as it is. */
export function written(message: SshMessage | Uint8Array): Uint8Array {
  return message instanceof Uint8Array ? message : encodeMessage(message);
}

/** A sentence of the broker, among what the client sees. */
export function sentenceOf(text: string): SshMessage {
  const bytes = encodeUtf8(`\r\nSallyport: ${text}\r\n`);
  return { kind: "extended-data", type: EXTENDED_STDERR, bytes };
}

/** Of bulk there is much: one array, of its size. */
function encodeData(bytes: Uint8Array): Uint8Array {
  return new FieldWriter(5 + bytes.length).uint8(NUMBER.data).string(bytes).framed();
}
