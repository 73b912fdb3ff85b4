/** Answers of the asset: what they must say, and what of them is passed on. */
import { type Framing, framingOf } from "./body.ts";
import { fieldsToClient, REQUEST_FIELD } from "./fields.ts";
import {
  encodeHead,
  fieldOf,
  malformed,
  type Read,
  type ResponseHead,
  readResponseHead,
  wordsOf,
} from "./head.ts";

export interface Response {
  readonly response: ResponseHead;
  readonly framing: Framing;
}

/** @param number of the request that it must answer */
export function readResponse(bytes: Uint8Array, number: number, method: string): Read<Response> {
  const head = readResponseHead(bytes);
  if (head.kind === "malformed") return head;
  const { status, fields } = head.value;
  if (fieldOf(fields, REQUEST_FIELD) !== String(number)) {
    return malformed("an answer to another request");
  }
  const framing = framingOf(fields);
  if (framing.kind === "malformed") return framing;
  if (wordsOf(fields, "content-encoding").some((each) => each !== "identity")) {
    return malformed("an answer in a coding that was not asked for");
  }
  const none = { kind: "none" } as const;
  if (isBodyless(status, method)) {
    return { kind: "read", value: { response: head.value, framing: none } };
  }
  if (framing.value.kind === "none" && fieldOf(fields, "content-length") === undefined) {
    return malformed("an answer that does not say where it ends");
  }
  return { kind: "read", value: { response: head.value, framing: framing.value } };
}

/** Whether the asset's end says that it takes the body of the request now. */
export function isGoOn(bytes: Uint8Array, number: number): boolean {
  const head = readResponseHead(bytes);
  if (head.kind === "malformed" || head.value.status !== 100) return false;
  return fieldOf(head.value.fields, REQUEST_FIELD) === String(number);
}

/** RFC 9112, 6.3. */
export function isBodyless(status: number, method: string | undefined): boolean {
  return method === "HEAD" || status < 200 || status === 204 || status === 304;
}

export function responseBytes({ status, fields }: ResponseHead): Uint8Array {
  const location = fieldOf(fields, "location");
  return encodeHead(`HTTP/1.1 ${status} Panel`, [
    ...fieldsToClient(fields),
    ...(location === undefined ? [] : ([["location", location]] as const)),
    ...(status === 204 || status === 304 ? [] : ([["transfer-encoding", "chunked"]] as const)),
  ]);
}

/** The head that turns the lane into a WebSocket; undefined where the asset did not agree to one. */
export function switchBytes({ status, fields }: ResponseHead): Uint8Array | undefined {
  const accept = fieldOf(fields, "sec-websocket-accept");
  if (status !== 101 || accept === undefined) return undefined;
  if (fieldOf(fields, "sec-websocket-extensions") !== undefined) return undefined;
  const protocol = fieldOf(fields, "sec-websocket-protocol");
  return encodeHead("HTTP/1.1 101 Panel", [
    ["upgrade", "websocket"],
    ["connection", "Upgrade"],
    ["sec-websocket-accept", accept],
    ...(protocol === undefined ? [] : ([["sec-websocket-protocol", protocol]] as const)),
  ]);
}
