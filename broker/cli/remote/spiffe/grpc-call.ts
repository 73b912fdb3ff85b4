/**
 * One call of gRPC to a program on this machine. Two calls of one service need no library for it:
 * HTTP/2 is Node's own, and this file stays in the single-file command.
 */
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { connect as dial, type NetConnectOpts } from "node:net";

/** A socket of this machine, or a port of loopback. */
export type LocalAddress = Extract<NetConnectOpts, { path: string } | { port: number }>;

/** Of google.rpc.Code, those that mean something here. */
export const STATUS = {
  ok: 0,
  invalidArgument: 3,
  permissionDenied: 7,
  unimplemented: 12,
} as const;
const UNKNOWN = 2;

export interface GrpcEnd {
  readonly status: number;
  /** In the other side's words; untrusted text. */
  readonly message: string;
}

export interface GrpcCall {
  /** Resolves once it is over. Rejects with the system's error where nobody answers. */
  readonly ended: Promise<GrpcEnd>;
  cancel(): void;
}

export interface Asked {
  /** `/SERVICE/METHOD` */
  readonly path: string;
  readonly message: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A chain, a key and a bundle are some kilobytes, and one program has a few of them. */
const MESSAGE_BYTES_MAX = 2 ** 20;
const PREFIX_BYTES = 5;
const ANSWER_WITHIN_MS = 15_000;

/** @param heard each message, whole; what it throws ends the call */
export function callGrpc(
  address: LocalAddress,
  { path, message, headers }: Asked,
  heard: (message: Uint8Array) => void,
): GrpcCall {
  const { promise, resolve, reject } = Promise.withResolvers<GrpcEnd>();
  const session = connect("http://localhost", { createConnection: () => dial(address) });
  const late = setTimeout(() => session.destroy(new Error("it does not answer")), ANSWER_WITHIN_MS);
  session.on("error", reject);
  session.on("close", () => {
    clearTimeout(late);
    reject(new Error("it closed the connection"));
  });
  const stream = session.request({
    ...{ ":method": "POST", ":path": path, te: "trailers", "content-type": "application/grpc" },
    ...headers,
  });
  let end: GrpcEnd | undefined;
  const told = (fields: IncomingHttpHeaders) => {
    end ??= endIn(fields);
  };
  stream.on("response", (fields) => {
    clearTimeout(late);
    const { ":status": status } = fields;
    if (status === 200) told(fields);
    else end = { status: UNKNOWN, message: `it answered ${status}` };
  });
  stream.on("trailers", told);
  // Where the connection failed, that is why.
  stream.on("error", (error) => reject(error.cause instanceof Error ? error.cause : error));
  stream.on("close", () => {
    if (end) resolve(end);
    session.destroy();
  });
  readMessages(stream, heard);
  stream.end(framed(message));
  return { ended: promise, cancel: () => session.destroy() };
}

function readMessages(stream: ClientHttp2Stream, heard: (message: Uint8Array) => void): void {
  let waiting = Buffer.alloc(0);
  const read = (): void => {
    while (waiting.length >= PREFIX_BYTES) {
      const length = waiting.readUInt32BE(1);
      if (waiting[0] !== 0) throw new Error("its message is packed, which was not asked for");
      if (length > MESSAGE_BYTES_MAX) throw new Error("its message is too long");
      if (waiting.length < PREFIX_BYTES + length) return;
      const message = Uint8Array.from(waiting.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
      waiting = waiting.subarray(PREFIX_BYTES + length);
      heard(message);
    }
  };
  stream.on("data", (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes]);
    try {
      read();
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Undefined where these are not the last words. */
function endIn(fields: IncomingHttpHeaders): GrpcEnd | undefined {
  const { "grpc-status": status, "grpc-message": message = "" } = fields;
  if (typeof status !== "string") return undefined;
  return { status: /^\d{1,3}$/.test(status) ? Number(status) : UNKNOWN, message: plain(message) };
}

/** It is percent-encoded, and cut where it is not. */
function plain(message: string | readonly string[]): string {
  const text = String(message).slice(0, 500);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
