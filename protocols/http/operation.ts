/** What a browser can ask of a web panel, in the words that profiles and recordings use. */
import type { Operation, OperationClass } from "../guard.ts";

export const WEB_ACTIONS = [
  "web:request",
  "web:upload",
  "web:uploaded",
  "web:socket",
  "web:message",
  "web:download",
] as const;

/** What a rule names: an upload, from its head to its end, is a request to it. */
export const WEB_DEEDS = ["web:request", "web:socket", "web:message", "web:download"] as const;

/** Methods that are carried at all: the others tunnel, debug or mean a proxy. */
export const WEB_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type WebMethod = (typeof WEB_METHODS)[number];

/** Name and value, decoded. A name alone (`?start`) has the value "". */
export type Pair = readonly [name: string, value: string];

export interface FilePart {
  readonly field: string;
  readonly name: string;
  /** Bytes */
  readonly size: number;
  /** SHA-256 of its content, hexadecimal; of those of an upload. */
  readonly digest?: string;
}

/**
 * A request. `operate` unless the profile names it as `observe` (old panels start pumps by GET);
 * `transfer` where it carries a file.
 */
export interface RequestOperation extends Operation {
  readonly action: "web:request";
  readonly class: "observe" | "operate" | "transfer";
  readonly method: WebMethod;
  /** Decoded; absolute; no empty, `.` or `..` segments. */
  readonly path: string;
  readonly query: readonly Pair[];
  /** Of forms, text parts of multipart bodies included. */
  readonly form: readonly Pair[];
  /** Of a body of JSON, each value under the names that lead to it, as `json.ts` reads it. */
  readonly json?: readonly Pair[];
  /** It says that it is JSON, and two readers could differ on it. */
  readonly unread?: true;
  readonly files: readonly FilePart[];
  /** Without parameters, lower case; "" where there is no body. */
  readonly contentType: string;
  /** Bytes of the body. */
  readonly size: number;
}

/**
 * A request with a body too large to be kept, announced by its head; nothing of it has left. Its
 * fields and files are judged as `web:uploaded`, before its last bytes leave.
 */
export interface UploadOperation extends Operation {
  readonly action: "web:upload";
  readonly class: "transfer";
  readonly method: WebMethod;
  readonly path: string;
  readonly query: readonly Pair[];
  readonly contentType: string;
  /** Bytes of the body, as they were announced. */
  readonly size: number;
}

/** All of an upload is there; without its last bytes it is no request to the panel. */
export interface UploadedOperation extends Operation {
  readonly action: "web:uploaded";
  readonly class: "transfer";
  readonly method: WebMethod;
  readonly path: string;
  readonly query: readonly Pair[];
  readonly form: readonly Pair[];
  readonly files: readonly FilePart[];
  readonly contentType: string;
  readonly size: number;
  /** SHA-256 of the whole body, hexadecimal. */
  readonly digest: string;
}

/** A WebSocket is opened. */
export interface SocketOperation extends Operation {
  readonly action: "web:socket";
  readonly class: "observe" | "operate";
  readonly path: string;
  readonly query: readonly Pair[];
}

/** One message of the client on a WebSocket. */
export interface MessageOperation extends Operation {
  readonly action: "web:message";
  readonly class: "operate";
  /** Of the socket. */
  readonly path: string;
  /** Its text; its length in bytes alone where it is binary. */
  readonly text?: string;
  readonly size: number;
}

/** The asset answers with a file to keep rather than with something to show. */
export interface DownloadOperation extends Operation {
  readonly action: "web:download";
  readonly class: "transfer";
  readonly path: string;
  readonly contentType: string;
}

export type WebOperation =
  | RequestOperation
  | UploadOperation
  | UploadedOperation
  | SocketOperation
  | MessageOperation
  | DownloadOperation;

const ACTIONS: ReadonlySet<string> = new Set(WEB_ACTIONS);

export function isWebOperation(operation: Operation): operation is WebOperation {
  return ACTIONS.has(operation.action);
}

/** The class that an operation has before a profile names it. */
export const WEB_CLASS: OperationClass = "operate";
