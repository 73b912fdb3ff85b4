/** An exchange in the words of HAR 1.2, with what browsers' tools add for WebSockets. */
import type { Fields } from "../../../protocols/http/head.ts";
import type { Pair } from "../../../protocols/http/operation.ts";
import { type Content, fieldsOf, type HarExchange, type SocketMessage } from "./har-channel.ts";

/** What may be a password is not exported; the recording has it. */
const SECRET = /pass|pwd|secret|token|pin\b/i;
const HIDDEN = "(hidden)";
const SECRET_FIELDS: ReadonlySet<string> = new Set(["authorization", "cookie"]);

interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** @param page of the document that it belongs to */
export function harEntry(exchange: HarExchange, page: string | undefined): object {
  const { startedMs, endedMs, decidedMs, respondedMs, judged, lost } = exchange;
  const [blocked, wait] = [decidedMs - startedMs, Math.max(0, respondedMs - decidedMs)];
  const receive = Math.max(0, endedMs - respondedMs);
  return {
    ...(page === undefined ? {} : { pageref: page }),
    startedDateTime: new Date(startedMs).toISOString(),
    time: blocked + wait + receive,
    request: harRequest(exchange),
    response: harResponse(exchange),
    cache: {},
    timings: { blocked, send: 0, wait, receive },
    ...(lost === undefined ? {} : { comment: `No whole answer: ${lost}.` }),
    _sallyport: {
      verdict: judged?.answer.kind ?? "none",
      rule: judged?.rule ?? "",
      reason: judged?.reason ?? "",
      class: exchange.operation?.class ?? "",
      ...(exchange.body.size > 0 && { requestSha256: exchange.body.digest }),
      ...(exchange.content.size > 0 && { responseSha256: exchange.content.digest }),
    },
    ...socketPart(exchange),
  };
}

/** Where the browser was, in the words of its address bar. */
export function urlOf({ head: { target, fields } }: HarExchange): string {
  const host = fieldsOf(fields, "host") || "panel.invalid";
  const scheme = /\.localhost(?::\d+)?$/.test(host) ? "http" : "https";
  return `${scheme}://${host}${withoutSecrets(target)}`;
}

function withoutSecrets(target: string): string {
  const mark = target.indexOf("?");
  if (mark < 0) return target;
  const pairs = target.slice(mark + 1).split("&");
  const shown = pairs.map((pair) => {
    const [name = ""] = pair.split("=");
    return SECRET.test(name) && pair.includes("=") ? `${name}=${HIDDEN}` : pair;
  });
  return `${target.slice(0, mark)}?${shown.join("&")}`;
}

function harRequest(exchange: HarExchange) {
  const { head, body, operation } = exchange;
  const query = operation && "query" in operation ? operation.query : [];
  return {
    method: head.method,
    url: urlOf(exchange),
    httpVersion: "HTTP/1.1",
    cookies: [],
    headers: headersOf(head.fields),
    queryString: query.map(shownPair),
    headersSize: -1,
    bodySize: body.size,
    ...(body.size > 0 && { postData: postData(exchange) }),
  };
}

function postData({ head, body, operation }: HarExchange) {
  const mimeType = fieldsOf(head.fields, "content-type");
  const form = operation && "form" in operation ? operation.form : [];
  const files = operation && "files" in operation ? operation.files : [];
  if (form.length + files.length > 0) {
    const named = files.map(({ field, name, size }) => ({
      ...{ name: field, value: `(${size} bytes)`, fileName: name },
    }));
    return { mimeType, params: [...form.map(shownPair), ...named] };
  }
  const text = textOf(body, mimeType);
  return text === undefined
    ? { mimeType, text: "", comment: `${body.size} bytes, SHA-256 ${body.digest}` }
    : { mimeType, text };
}

function harResponse({ response, content, judged, fileRefused }: HarExchange) {
  const denied = judged?.answer.kind === "deny";
  const status = denied || fileRefused ? 403 : (response?.status ?? 0);
  const fields = denied ? [] : (response?.fields ?? []);
  const refusal = denied ? judged : fileRefused;
  return {
    status,
    statusText: refusal ? "Refused by Sallyport" : "",
    httpVersion: "HTTP/1.1",
    cookies: [],
    headers: headersOf(fields),
    content: contentOf(content, fieldsOf(fields, "content-type"), refusal?.reason),
    redirectURL: fieldsOf(fields, "location"),
    headersSize: -1,
    bodySize: content.size,
  };
}

function contentOf(content: Content, type: string, refusal: string | undefined): object {
  const mimeType = type || "x-unknown";
  const { size } = content;
  if (refusal !== undefined) return { size: 0, mimeType, comment: refusal };
  const text = textOf(content, type);
  if (text !== undefined) return { size, mimeType, text };
  const { bytes } = content;
  if (bytes) return { size, mimeType, text: bytes.toString("base64"), encoding: "base64" };
  return { size, mimeType, comment: `Left out for its length; SHA-256 ${content.digest}` };
}

/** Undefined where it is no text, or left out. */
function textOf(content: Content, type: string): string | undefined {
  const { bytes } = content;
  if (
    !bytes ||
    !/^(?:$|text\/|application\/(?:\w+\+)?(?:json|xml|x?-?javascript|x-www))/i.test(type)
  ) {
    return bytes?.length === 0 ? "" : undefined;
  }
  const text = bytes.toString("utf8");
  return text.includes("\ufffd") ? undefined : text;
}

function socketPart({ messages, messagesLeftOut }: HarExchange): object {
  if (!messages) return {};
  return {
    _resourceType: "websocket",
    _webSocketMessages: messages.map(socketMessage),
    ...(messagesLeftOut > 0 && { comment: `${messagesLeftOut} messages are left out.` }),
  };
}

function socketMessage({ sent, wallMs, opcode, payload, refused }: SocketMessage) {
  const bytes = Buffer.from(payload);
  return {
    type: sent ? "send" : "receive",
    time: wallMs / 1_000,
    opcode,
    data: opcode === 2 ? bytes.toString("base64") : bytes.toString("utf8"),
    ...(refused === undefined ? {} : { _refusedBy: refused }),
  };
}

function headersOf(fields: Fields): readonly NameValue[] {
  return fields.map(([name, value]) => ({
    name,
    value: SECRET_FIELDS.has(name) || SECRET.test(name) ? HIDDEN : value,
  }));
}

function shownPair([name, value]: Pair): NameValue {
  return { name, value: SECRET.test(name) ? HIDDEN : value };
}
