/** One HTTP request on a connection of its own to an address that was decided on before. */
import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { systemRoots } from "./integration-stream.ts";

export interface IntegrationReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** `Retry-After`, where the peer sent one. */
  readonly retryAfter?: string;
  /** By name in small letters. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ExchangeExtras {
  /** For who wants the headers alone. */
  readonly method?: "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM; in place of the system's roots. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** Answers of integrations are short; a stranger's must not fill the memory. */
const REPLY_BYTES_MAX = 256 * 1024;
/** From connecting to the last byte of the answer. */
const WITHIN_MS = 10_000;

/** @param content without it the address is only asked for what it holds */
export function exchange(
  url: URL,
  address: string,
  content: { readonly type: string; readonly body: string } | undefined,
  extras: ExchangeExtras = {},
): Promise<IntegrationReply> {
  const isTls = url.protocol === "https:";
  const { request } = isTls ? https : http;
  const family = isIP(address);
  const { headers, ca, certificate: cert, key, method = content ? "POST" : "GET" } = extras;
  const security = { ca: ca ?? systemRoots(), ...(cert && { cert }), ...(key && { key }) };
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        agent: false,
        headers: {
          ...headers,
          ...(content && {
            "content-type": content.type,
            "content-length": Buffer.byteLength(content.body),
          }),
        },
        ...(isTls && { ...security, minVersion: "TLSv1.2" as const, rejectUnauthorized: true }),
        lookup: (_host, options, found) =>
          options.all ? found(null, [{ address, family }]) : found(null, address, family),
        signal: AbortSignal.timeout(WITHIN_MS),
      },
      (response) => {
        replyOf(response).then(resolve, reject);
      },
    );
    sent.once("error", (error) => reject(said(error)));
    sent.end(content?.body);
  });
}

function said(error: Error): Error {
  const late = error.name === "AbortError" || error.name === "TimeoutError";
  return late ? new Error(`no answer within ${WITHIN_MS / 1_000} s`) : error;
}

async function replyOf(response: http.IncomingMessage): Promise<IntegrationReply> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > REPLY_BYTES_MAX) {
      response.destroy();
      throw new Error("the answer is too long");
    }
    pieces.push(piece);
  }
  const retryAfter = response.headers["retry-after"];
  return {
    status: response.statusCode ?? 0,
    type: response.headers["content-type"] ?? "",
    body: Buffer.concat(pieces).toString("utf8"),
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
    ),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
