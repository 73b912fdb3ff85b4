/**
 * Heads of HTTP/1.1 messages (RFC 9112), read strictly: what one peer could read otherwise than
 * another is malformed. Names are lower case, values ASCII or Latin-1 without control characters.
 */
import { copyBytes } from "../copy-bytes.ts";
import { type Cut, INCOMPLETE } from "../inbox.ts";
import { readUtf8 } from "../tape/utf8.ts";

export type Fields = readonly (readonly [name: string, value: string])[];

export interface RequestHead {
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  readonly fields: Fields;
}

export interface ResponseHead {
  readonly status: number;
  readonly fields: Fields;
}

export type Read<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "malformed"; readonly reason: string };

/** A browser's head with long cookies is a quarter of it. */
export const HEAD_MAX = 32_768;
export const FIELDS_MAX = 100;
/** Request lines of panels that carry their state in the query. */
const TARGET_MAX = 8_192;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, spaces and tabs, and what Latin-1 adds; no control characters. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const VISIBLE = /^[\x21-\x7e]+$/;

/** Where the head ends: the index behind its empty line; undefined where it is not there yet. */
export function endOfHead(bytes: Uint8Array): number | undefined {
  for (let at = 3; at < Math.min(bytes.length, HEAD_MAX); at++) {
    if (bytes[at] === LF && bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) {
      return at + 1;
    }
  }
  return undefined;
}

export function cutHead(bytes: Uint8Array): Cut<Uint8Array> {
  const length = endOfHead(bytes);
  if (length !== undefined) return { kind: "frame", frame: copyBytes(bytes, 0, length), length };
  if (bytes.length < HEAD_MAX) return INCOMPLETE;
  return { kind: "malformed", reason: `a head of more than ${HEAD_MAX} bytes` };
}

const CR = 13;
const LF = 10;

/** @param bytes the head with its empty line */
export function readRequestHead(bytes: Uint8Array): Read<RequestHead> {
  const lines = linesOf(bytes);
  if (lines === undefined) return malformed("a line does not end with CR LF");
  const [first = "", ...rest] = lines;
  const parts = first.split(" ");
  const [method = "", target = "", version = ""] = parts;
  if (parts.length !== 3 || !TOKEN.test(method)) return malformed("not a request line");
  if (version !== "HTTP/1.1") return malformed("not HTTP/1.1");
  if (!VISIBLE.test(target)) return malformed("a target with other than visible characters");
  if (target.length > TARGET_MAX) return malformed("a target longer than any page needs");
  const fields = readFields(rest);
  if (fields.kind === "malformed") return fields;
  return { kind: "read", value: { method, target, fields: fields.value } };
}

/** @param bytes the head with its empty line */
export function readResponseHead(bytes: Uint8Array): Read<ResponseHead> {
  const lines = linesOf(bytes);
  if (lines === undefined) return malformed("a line does not end with CR LF");
  const [first = "", ...rest] = lines;
  const match = /^HTTP\/1\.1 ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(first);
  if (!match) return malformed("not a status line");
  const fields = readFields(rest);
  if (fields.kind === "malformed") return fields;
  return { kind: "read", value: { status: Number(match[1]), fields: fields.value } };
}

function linesOf(bytes: Uint8Array): string[] | undefined {
  const lines: string[] = [];
  let line = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === LF) return undefined;
    if (byte !== CR) line += String.fromCharCode(byte);
    else if (bytes[++at] !== LF) return undefined;
    else {
      lines.push(line);
      line = "";
    }
  }
  // The last is the empty line that ends the head.
  return line === "" && lines.pop() === "" ? lines : undefined;
}

function readFields(lines: readonly string[]): Read<Fields> {
  if (lines.length > FIELDS_MAX) return malformed(`more than ${FIELDS_MAX} fields`);
  const fields: (readonly [string, string])[] = [];
  for (const line of lines) {
    if (/^[ \t]/.test(line)) return malformed("a folded field");
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    // Looking behind: a run of blanks that ends nothing is looked at once, and not from each of them.
    const value = line.slice(colon + 1).replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, "");
    if (!TOKEN.test(name)) return malformed("not a field");
    if (!VALUE.test(value)) return malformed("a field with control characters");
    fields.push([name.toLowerCase(), value]);
  }
  const twice = SINGLE.find((name) => allOf(fields, name).length > 1);
  return twice === undefined ? { kind: "read", value: fields } : malformed(`two fields ${twice}`);
}

/** Peers that take the first of two differ from those that take the last. */
const SINGLE: readonly string[] = [
  ...["host", "content-length", "transfer-encoding", "content-type", "location", "upgrade"],
  ...["authorization", "origin", "referer", "content-encoding", "content-disposition", "expect"],
  ...["sec-websocket-key", "sec-websocket-version", "sec-websocket-accept"],
];

export function allOf(fields: Fields, name: string): readonly string[] {
  return fields.flatMap(([each, value]) => (each === name ? [value] : []));
}

/** Of a field that is there once at most. */
export function fieldOf(fields: Fields, name: string): string | undefined {
  return fields.find(([each]) => each === name)?.[1];
}

/** The words of a list field (RFC 9110, 5.6.1), lower case. */
export function wordsOf(fields: Fields, name: string): readonly string[] {
  return allOf(fields, name)
    .flatMap((value) => value.split(","))
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "");
}

export function encodeHead(first: string, fields: Fields): Uint8Array {
  const lines = [first, ...fields.map(([name, value]) => `${name}: ${value}`), "", ""];
  return latin1(lines.join("\r\n"));
}

export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at) & 0xff;
  return bytes;
}

export function textOf(bytes: Uint8Array): string | undefined {
  return readUtf8(bytes, 0, bytes.length);
}

export function malformed(reason: string): {
  readonly kind: "malformed";
  readonly reason: string;
} {
  return { kind: "malformed", reason };
}
