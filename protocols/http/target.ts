/**
 * The target of a request: a path and a query that have one meaning. What a server might resolve,
 * decode or split once more is refused, since the rule would then have judged another thing.
 */
import { encodeUtf8, readUtf8 } from "../tape/utf8.ts";
import { malformed, type Read } from "./head.ts";
import type { Pair } from "./operation.ts";

export interface Target {
  /** Decoded. */
  readonly path: string;
  readonly query: readonly Pair[];
  /** Encoded anew: what is sent on. */
  readonly encoded: string;
}

/** Fields of a form, or pairs of a query. */
export const PAIRS_MAX = 200;

export function readTarget(target: string): Read<Target> {
  if (!target.startsWith("/")) return malformed("the target is not a path");
  if (target.includes("#")) return malformed("the target has a fragment");
  const mark = target.indexOf("?");
  const path = readPath(mark < 0 ? target : target.slice(0, mark));
  if (path.kind === "malformed") return path;
  const query = mark < 0 ? EMPTY : readPairs(target.slice(mark + 1));
  if (query.kind === "malformed") return query;
  const tail = query.value.encoded === "" ? "" : `?${query.value.encoded}`;
  const encoded = `${encodePath(path.value)}${tail}`;
  return { kind: "read", value: { path: path.value, query: query.value.pairs, encoded } };
}

export interface Pairs {
  readonly pairs: readonly Pair[];
  /** Encoded anew; a name that had no `=` has none. */
  readonly encoded: string;
}

const EMPTY: Read<Pairs> = { kind: "read", value: { pairs: [], encoded: "" } };

function readPath(raw: string): Read<string> {
  const segments = raw.split("/").slice(1);
  const decoded = segments.map((segment) => decode(segment));
  for (const [n, segment] of decoded.entries()) {
    if (segment === undefined) return malformed("the path is not encoded as it should be");
    if (segment === "" && n < decoded.length - 1) return malformed("the path has empty names");
    if (segment === "." || segment === "..") return malformed("the path leads elsewhere");
    if (/[/\\;\p{Cc}]/u.test(segment)) return malformed("the path has characters that divide");
    if (/%[0-9a-f]{2}/i.test(segment)) return malformed("the path is encoded twice");
  }
  return { kind: "read", value: `/${decoded.join("/")}` };
}

/** Pairs as forms write them (WHATWG URL, application/x-www-form-urlencoded). */
export function readPairs(raw: string): Read<Pairs> {
  if (raw === "") return EMPTY;
  const parts = raw.split("&");
  if (parts.length > PAIRS_MAX) return malformed(`more than ${PAIRS_MAX} fields`);
  const pairs: Pair[] = [];
  const encoded: string[] = [];
  for (const part of parts) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decode((equals < 0 ? part : part.slice(0, equals)).replaceAll("+", " "));
    const value = equals < 0 ? "" : decode(part.slice(equals + 1).replaceAll("+", " "));
    if (name === undefined || value === undefined) return malformed("a field is encoded wrongly");
    if (name.includes("\0") || value.includes("\0")) return malformed("a field with a zero byte");
    pairs.push([name, value]);
    encoded.push(equals < 0 ? encode(name) : `${encode(name)}=${encode(value)}`);
  }
  return { kind: "read", value: { pairs, encoded: encoded.join("&") } };
}

/** Undefined where an escape is cut off or the bytes are not UTF-8. */
function decode(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "%") bytes.push(text.charCodeAt(at));
    else {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  return readUtf8(Uint8Array.from(bytes), 0, bytes.length);
}

function encodePath(path: string): string {
  return path.split("/").map(encode).join("/");
}

/** RFC 3986, 2.3: everything but unreserved characters. */
function encode(text: string): string {
  let out = "";
  for (const byte of encodeUtf8(text)) {
    const letter = String.fromCharCode(byte);
    out += /[A-Za-z0-9\-._~]/.test(letter)
      ? letter
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}
