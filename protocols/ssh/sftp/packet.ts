/**
 * Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02), which is what servers speak: decoded
 * strictly, encoded anew.
 */
import { type Cut, INCOMPLETE } from "../../inbox.ts";
import { FieldReader } from "../field-reader.ts";
import { type Attributes, readAttributes } from "./attributes.ts";

export const PACKET = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 200,
  extendedReply: 201,
} as const;

/** Draft 02, 7. */
export const STATUS = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  opUnsupported: 8,
} as const;

export type OnHandle = "close" | "fstat" | "readdir";
export type OnPath = "lstat" | "opendir" | "remove" | "rmdir" | "realpath" | "stat" | "readlink";
export type OnTwo = "rename" | "symlink";

export type SftpRequest =
  | { readonly kind: "init"; readonly version: number }
  | {
      readonly kind: "open";
      readonly id: number;
      readonly path: Uint8Array;
      readonly flags: number;
      readonly attributes: Attributes;
    }
  | { readonly kind: OnHandle; readonly id: number; readonly handle: Uint8Array }
  | {
      readonly kind: "read";
      readonly id: number;
      readonly handle: Uint8Array;
      readonly offset: number;
      readonly length: number;
    }
  | {
      readonly kind: "write";
      readonly id: number;
      readonly handle: Uint8Array;
      readonly offset: number;
      /** A view of what was cut, until more is taken from that side: whoever keeps it copies it. */
      readonly data: Uint8Array;
    }
  | { readonly kind: OnPath; readonly id: number; readonly path: Uint8Array }
  | {
      readonly kind: "mkdir" | "setstat";
      readonly id: number;
      readonly path: Uint8Array;
      readonly attributes: Attributes;
    }
  | {
      readonly kind: "fsetstat";
      readonly id: number;
      readonly handle: Uint8Array;
      readonly attributes: Attributes;
    }
  | {
      readonly kind: OnTwo;
      readonly id: number;
      readonly path: Uint8Array;
      readonly target: Uint8Array;
    }
  | { readonly kind: "extended"; readonly id: number; readonly name: string };

export interface NameEntry {
  readonly name: Uint8Array;
  readonly long: Uint8Array;
  readonly attributes: Attributes;
}

export type SftpReply =
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "status"; readonly id: number; readonly code: number; readonly text: string }
  | { readonly kind: "handle"; readonly id: number; readonly handle: Uint8Array }
  /** `data`: a view likewise. */
  | { readonly kind: "data"; readonly id: number; readonly data: Uint8Array }
  | { readonly kind: "name"; readonly id: number; readonly entries: readonly NameEntry[] }
  | { readonly kind: "attrs"; readonly id: number; readonly attributes: Attributes };

/** What OpenSSH takes at most (SFTP_MAX_MSG_LENGTH). */
export const PACKET_LENGTH_MAX = 262_144;
/** Draft 02, 6.5: a handle is at most 256 bytes. */
const HANDLE_LENGTH_MAX = 256;
/** Entries of one answer; servers send about a hundred. */
const ENTRIES_MAX = 8_192;

type Read<T> = (type: number, from: FieldReader) => T | undefined;

/** Cuts a packet of the client. */
export function cutRequest(bytes: Uint8Array): Cut<SftpRequest> {
  return cut(bytes, readRequest);
}

/** As it was cut before what stands behind the content of a write was left. */
export function cutOlderRequest(bytes: Uint8Array): Cut<SftpRequest> {
  return cut(bytes, (type, from) =>
    type === PACKET.write ? wholeWrite(from.uint32(), from) : readRequest(type, from),
  );
}

/** Cuts a packet of the asset. */
export function cutReply(bytes: Uint8Array): Cut<SftpReply> {
  return cut(bytes, readReply);
}

/** Whether there is a packet, or what claims to be one and is longer than any. */
export function isWhole(bytes: Uint8Array, start: number, length: number): boolean {
  if (length < 5) return false;
  const claimed = lengthAt(bytes, start);
  return claimed > PACKET_LENGTH_MAX || length >= 4 + claimed;
}

function lengthAt(bytes: Uint8Array, start: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(start);
}

function cut<T>(bytes: Uint8Array, read: Read<T>): Cut<T> {
  if (bytes.length < 5) return INCOMPLETE;
  const length = lengthAt(bytes, 0);
  if (length === 0 || length > PACKET_LENGTH_MAX) {
    return { kind: "malformed", reason: `an SFTP packet of ${length} bytes` };
  }
  const end = 4 + length;
  if (bytes.length < end) return INCOMPLETE;
  const from = new FieldReader(bytes, 4, end);
  const type = from.uint8();
  const frame = read(type, from);
  if (frame !== undefined && !from.failed && from.left === 0) {
    return { kind: "frame", frame, length: end };
  }
  return { kind: "malformed", reason: `an SFTP packet of type ${type} that does not parse` };
}

const ON_HANDLE: ReadonlyMap<number, OnHandle> = new Map([
  [PACKET.close, "close"],
  [PACKET.fstat, "fstat"],
  [PACKET.readdir, "readdir"],
]);

const ON_PATH: ReadonlyMap<number, OnPath> = new Map([
  [PACKET.lstat, "lstat"],
  [PACKET.opendir, "opendir"],
  [PACKET.remove, "remove"],
  [PACKET.rmdir, "rmdir"],
  [PACKET.realpath, "realpath"],
  [PACKET.stat, "stat"],
  [PACKET.readlink, "readlink"],
]);

function readRequest(type: number, from: FieldReader): SftpRequest | undefined {
  if (type === PACKET.init) return init(from);
  const id = from.uint32();
  const onHandle = ON_HANDLE.get(type);
  if (onHandle) return { kind: onHandle, id, handle: handleOf(from) };
  const onPath = ON_PATH.get(type);
  if (onPath) return { kind: onPath, id, path: from.string() };
  switch (type) {
    case PACKET.open: {
      const [path, flags] = [from.string(), from.uint32()];
      return { kind: "open", id, path, flags, attributes: readAttributes(from) };
    }
    case PACKET.read:
      return { kind: "read", id, handle: handleOf(from), ...extentOf(from) };
    case PACKET.write:
      return writeOf(id, from);
    case PACKET.mkdir:
    case PACKET.setstat: {
      const kind = type === PACKET.mkdir ? "mkdir" : "setstat";
      return { kind, id, path: from.string(), attributes: readAttributes(from) };
    }
    case PACKET.fsetstat:
      return { kind: "fsetstat", id, handle: handleOf(from), attributes: readAttributes(from) };
    case PACKET.rename:
    case PACKET.symlink: {
      const kind = type === PACKET.rename ? "rename" : "symlink";
      return { kind, id, path: from.string(), target: from.string() };
    }
    case PACKET.extended: {
      const name = from.name();
      from.rest();
      return { kind: "extended", id, name };
    }
    default:
      return undefined;
  }
}

/** Extensions of a client mean nothing to a server; draft 02, 4. */
function init(from: FieldReader): SftpRequest {
  const version = from.uint32();
  from.rest();
  return { kind: "init", version };
}

function handleOf(from: FieldReader): Uint8Array {
  const handle = from.string();
  if (handle.length > HANDLE_LENGTH_MAX) from.failed = true;
  return handle;
}

function extentOf(from: FieldReader): { readonly offset: number; readonly length: number } {
  return { offset: from.uint64(), length: from.uint32() };
}

/**
 * Clients written in Go (rclone of Debian 12) send the whole of a buffer of which only a part is the
 * content. Servers leave what is behind it, and so does this: it is not encoded anew.
 */
function writeOf(id: number, from: FieldReader): SftpRequest {
  const write = wholeWrite(id, from);
  from.rest();
  return write;
}

function wholeWrite(id: number, from: FieldReader): SftpRequest {
  const handle = handleOf(from);
  return { kind: "write", id, handle, offset: from.uint64(), data: from.range() };
}

function readReply(type: number, from: FieldReader): SftpReply | undefined {
  if (type === PACKET.version) {
    const version = from.uint32();
    from.rest();
    return { kind: "version", version };
  }
  const id = from.uint32();
  switch (type) {
    case PACKET.status:
      return status(id, from);
    case PACKET.handle:
      return { kind: "handle", id, handle: handleOf(from) };
    case PACKET.data:
      return { kind: "data", id, data: from.range() };
    case PACKET.name:
      return names(id, from);
    case PACKET.attrs:
      return { kind: "attrs", id, attributes: readAttributes(from) };
    default:
      return undefined;
  }
}

/** Old servers leave text and language away. */
function status(id: number, from: FieldReader): SftpReply {
  const code = from.uint32();
  const text = from.left > 0 ? from.text() : "";
  if (from.left > 0) from.text();
  return { kind: "status", id, code, text };
}

function names(id: number, from: FieldReader): SftpReply {
  const count = from.uint32();
  if (count > ENTRIES_MAX) from.failed = true;
  const entries: NameEntry[] = [];
  while (entries.length < count && !from.failed) {
    const [name, long] = [from.string(), from.string()];
    entries.push({ name, long, attributes: readAttributes(from) });
  }
  return { kind: "name", id, entries };
}
