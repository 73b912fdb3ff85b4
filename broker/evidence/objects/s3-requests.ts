/** Hands the S3 client's requests to our own road. */
import type { Readable } from "node:stream";
import type { ObjectReply, ObjectRequest } from "../../legs/object-road.ts";

/** What the client makes of a command; signed. */
interface ClientRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Options {
  readonly abortSignal?: unknown;
}

/** Descriptions and refusals: the client takes all of them into memory. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

export function requestHandler(road: {
  ask(request: ObjectRequest, signal?: AbortSignal): Promise<ObjectReply>;
}) {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(request: ClientRequest, { abortSignal }: Options = {}) {
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      const { method, protocol, hostname, port, headers } = request;
      const origin = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
      const path = `${request.path}${queryOf(request.query)}`;
      const body = bytesOf(request.body);
      const reply = await road.ask({ method, origin, path, headers, body }, signal);
      // The content of an object is counted by who asked for it.
      const isContent = request.query?.["x-id"] === "GetObject" && reply.statusCode < 300;
      if (!isContent) limit(reply.body, ANSWER_BYTES_MAX);
      return { response: reply };
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

function bytesOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  throw new Error("only bytes are sent to the object store");
}

function limit(body: Readable, bytesMax: number): void {
  let length = 0;
  body.on("data", (piece: Uint8Array) => {
    length += piece.length;
    if (length > bytesMax) body.destroy(new Error("the answer is too long"));
  });
  body.pause();
}

function queryOf(query: ClientRequest["query"]): string {
  const parts = Object.entries(query ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => {
      const values = Array.isArray(value) ? value : [value];
      return values.map((one) =>
        one === null ? escaped(name) : `${escaped(name)}=${escaped(one)}`,
      );
    });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** As the signature is made over it (RFC 3986). */
function escaped(text: string): string {
  const more = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, more);
}
