/** Heads between the guard and the panel: what of a request leaves, and what of an answer comes in. */
import type { IncomingMessage } from "node:http";
import { REQUEST_FIELD } from "../../../protocols/http/fields.ts";
import { encodeHead, fieldOf, type RequestHead } from "../../../protocols/http/head.ts";
import { TOLD_FIELD, toldFields } from "./told-cookies.ts";
import type { Fields, Outgoing, WebSite } from "./web-site.ts";

/** As the guard gets it: under the number of the request that it answers. */
export function answerHead(
  number: number,
  method: string,
  { statusCode = 502, rawHeaders, headers }: IncomingMessage,
  site: WebSite,
): Uint8Array {
  const fields: (readonly [string, string])[] = [[REQUEST_FIELD, String(number)]];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase().trim();
    const value = unfolded(rawHeaders[at + 1] ?? "");
    if (!HERE.has(name) && isPlain(value)) fields.push([name, value]);
  }
  fields.push(...toldFields(headers["set-cookie"]));
  const { location } = headers;
  if (location !== undefined && isPlain(location))
    fields.push(["location", site.links.inLocation(location)]);
  if (!isBodyless(method, statusCode)) fields.push(["transfer-encoding", "chunked"]);
  return encodeHead(`HTTP/1.1 ${statusCode} Panel`, fields);
}

/** A field that goes on in the next line, as old panels write it (RFC 9112, 5.2). */
function unfolded(value: string): string {
  return value.replace(/\r?\n[\t ]+/g, " ");
}

/** Of no control character: a field with one is left out, the answer is not. */
function isPlain(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\x00-\x08\x0a-\x1f\x7f]/.test(value);
}

export function socketHead(number: number, { headers }: IncomingMessage): Uint8Array {
  const protocol = headers["sec-websocket-protocol"];
  const extensions = headers["sec-websocket-extensions"];
  return encodeHead("HTTP/1.1 101 Panel", [
    [REQUEST_FIELD, String(number)],
    ["upgrade", "websocket"],
    ["sec-websocket-accept", String(headers["sec-websocket-accept"] ?? "")],
    ...(protocol === undefined ? [] : ([["sec-websocket-protocol", protocol]] as const)),
    ...(extensions === undefined ? [] : ([["sec-websocket-extensions", extensions]] as const)),
  ]);
}

/** Settled on this side: about this connection, this sign-in, or the body as it was encoded. */
const HERE: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"],
  ...["set-cookie", "www-authenticate", "location", "upgrade", "trailer", REQUEST_FIELD],
  TOLD_FIELD,
]);

export function isBodyless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

export function outgoingOf({ method, target, fields }: RequestHead, site: WebSite): Outgoing {
  const client = fieldOf(fields, "host") ?? "";
  const sent: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (name === REQUEST_FIELD || name === "host" || name === "cookie") continue;
    if (name === "origin") sent[name] = site.origin;
    else if (name === "referer") Object.assign(sent, refererOf(value, client, site));
    else sent[name] = name in sent ? `${sent[name]}, ${value}` : value;
  }
  return { method, target, fields: sent satisfies Fields, cookies: fieldOf(fields, "cookie") };
}

/** Panels compare it with their own address; the session's is none of theirs. */
function refererOf(value: string, client: string, site: WebSite): Record<string, string> {
  const rest = value.replace(/^https?:\/\//, "");
  if (client === "" || !rest.startsWith(`${client}/`)) return {};
  return { referer: site.origin + rest.slice(client.length) };
}
