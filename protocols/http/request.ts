/** A whole request as one operation, and as it is sent on. */
import { fieldsToAsset, REQUEST_FIELD, upgradeOf } from "./fields.ts";
import { readForm } from "./form.ts";
import {
  encodeHead,
  type Fields,
  fieldOf,
  malformed,
  type Read,
  type RequestHead,
} from "./head.ts";
import { JSON_TYPE, readJson } from "./json.ts";
import {
  type RequestOperation,
  type SocketOperation,
  WEB_METHODS,
  type WebMethod,
} from "./operation.ts";
import { readTarget, type Target } from "./target.ts";

export interface Asked {
  readonly operation: RequestOperation | SocketOperation;
  /** Its target, encoded anew. */
  readonly encoded: string;
  readonly body: Uint8Array;
}

/** @param readsJson false on older tapes, where bodies of JSON were passed unread */
export function readAsked(head: RequestHead, body: Uint8Array, readsJson: boolean): Read<Asked> {
  const { method, target, fields } = head;
  if (!isWebMethod(method)) return malformed(`${method} is not carried`);
  const read = readTarget(target);
  if (read.kind === "malformed") return read;
  // It would go on asking when the session is over.
  if (fieldOf(fields, "service-worker") !== undefined) return malformed("a service worker");
  const upgrade = upgradeOf(fields);
  if (upgrade === "other") return malformed("an upgrade that is no WebSocket");
  if (upgrade === "socket") return socket(method, read.value, body);
  if (body.length > 0 && (method === "GET" || method === "HEAD")) {
    return malformed(`${method} with a body`);
  }
  const asked = request(method, read.value, fieldOf(fields, "content-type"), body);
  return readsJson && asked.kind === "read"
    ? { kind: "read", value: withJson(asked.value) }
    : asked;
}

function socket(method: WebMethod, target: Target, body: Uint8Array): Read<Asked> {
  if (method !== "GET" || body.length > 0) return malformed("not the opening of a WebSocket");
  const { path, query, encoded } = target;
  const operation = { action: "web:socket", class: "operate", path, query } as const;
  return { kind: "read", value: { operation, encoded, body } };
}

function request(
  method: WebMethod,
  { path, query, encoded }: Target,
  type: string | undefined,
  bytes: Uint8Array,
): Read<Asked> {
  const read = readForm(type, bytes);
  if (read.kind === "malformed") return read;
  const { form, files, contentType, isFile, body } = read.value;
  const operation: RequestOperation = {
    ...{ action: "web:request", class: isFile ? "transfer" : "operate" },
    ...{ method, path, query, form, files, contentType, size: bytes.length },
  };
  return { kind: "read", value: { operation, encoded, body } };
}

function withJson(asked: Asked): Asked {
  const { operation, body } = asked;
  if (operation.action !== "web:request" || operation.contentType !== JSON_TYPE) return asked;
  const json = readJson(body);
  return { ...asked, operation: { ...operation, ...(json ? { json } : { unread: true }) } };
}

export function isWebMethod(method: string): method is WebMethod {
  return WEB_METHODS.includes(method as WebMethod);
}

export interface SentHead extends RequestHead {
  /** The answer must carry it. */
  readonly number: number;
  /** Names of fields that pass besides. */
  readonly more: readonly string[];
}

/** As it is sent on. */
export function requestBytes(
  { operation, encoded, body }: Asked,
  { fields, number, more }: SentHead,
): Uint8Array {
  const opens = operation.action === "web:socket";
  const method = opens ? "GET" : operation.method;
  const hasBody = body.length > 0 || !(method === "GET" || method === "HEAD");
  const bytes = encodeHead(`${method} ${encoded} HTTP/1.1`, [
    [REQUEST_FIELD, String(number)],
    ...fieldsToAsset(fields, more),
    ...(opens ? socketFields(fields) : []),
    ...(hasBody ? ([["content-length", String(body.length)]] as const) : []),
  ]);
  const whole = new Uint8Array(bytes.length + body.length);
  whole.set(bytes);
  whole.set(body, bytes.length);
  return whole;
}

function socketFields(fields: Fields): Fields {
  const own = ["sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol"];
  return [
    ["upgrade", "websocket"],
    ["connection", "Upgrade"],
    ...fields.filter(([name]) => own.includes(name)),
  ];
}
