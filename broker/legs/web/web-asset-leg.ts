/**
 * The asset's end of one lane of a web panel. The guard hands it whole requests; it puts them to
 * the panel, signed in, and hands back answers that say which request they answer and where they
 * end. Cookies, redirects to itself, codings and challenges stay on this side.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { encodeChunk, PIECE } from "../../../protocols/http/body.ts";
import { REQUEST_FIELD } from "../../../protocols/http/fields.ts";
import {
  encodeHead,
  endOfHead,
  fieldOf,
  latin1,
  type RequestHead,
  readRequestHead,
} from "../../../protocols/http/head.ts";
import type { Waiting } from "../endpoint-limiter.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../leg.ts";
import { passBody } from "./answer-body.ts";
import { type Fields, type Outgoing, SignInFailed, type WebSite } from "./web-site.ts";

/** What the guard handed over, under way. */
interface Exchange {
  readonly number: number;
  readonly outgoing: Outgoing;
  readonly body: Uint8Array;
  readonly client: string;
  /** It has the place of one request at the panel. */
  placed: boolean;
  begun: boolean;
  stopLate: () => void;
}

export class WebAssetLeg implements Leg, Waiting {
  private readonly site: WebSite;
  private readonly leave: () => void;
  private sink: LegSink | undefined;
  private exchange: Exchange | undefined;
  private sent: ClientRequest | undefined;
  private flow: { pause(): void; resume(): void } | undefined;
  private socket: Duplex | undefined;
  private paused = false;
  private over = false;

  /** @param leave called once, when it is over */
  constructor(site: WebSite, leave: () => void) {
    this.site = site;
    this.leave = leave;
  }

  get queued(): number {
    return this.socket?.writableLength ?? 0;
  }

  start(sink: LegSink): void {
    this.sink = sink;
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    if (this.socket) this.frame(this.socket, bytes);
    else this.request(bytes);
  }

  private request(bytes: Uint8Array): void {
    const end = endOfHead(bytes);
    const head = end === undefined ? undefined : readRequestHead(bytes.subarray(0, end));
    if (head?.kind !== "read") return;
    this.begin(head.value, bytes.subarray(end));
  }

  pause(): void {
    this.paused = true;
    this.flow?.pause();
  }

  resume(): void {
    this.paused = false;
    this.flow?.resume();
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.sink = undefined;
    this.finish();
    this.sent?.destroy();
    this.socket?.destroy();
    this.leave();
  }

  /** There may be a place for its request now. */
  mayTake(): boolean {
    const { exchange } = this;
    if (this.over || !exchange || exchange.placed) return false;
    this.place(exchange);
    return exchange.placed;
  }

  private begin(head: RequestHead, body: Uint8Array): void {
    const { responseTimeoutMs } = this.site.limiter.limits;
    const late = setTimeout(() => this.lost("the panel does not answer"), responseTimeoutMs);
    const exchange: Exchange = {
      number: Number(fieldOf(head.fields, REQUEST_FIELD)),
      outgoing: outgoingOf(head, this.site),
      ...{ body, client: fieldOf(head.fields, "host") ?? "", placed: false, begun: false },
      stopLate: () => clearTimeout(late),
    };
    this.exchange = exchange;
    this.place(exchange);
  }

  private place(exchange: Exchange): void {
    if (!this.site.limiter.take(this)) return;
    exchange.placed = true;
    void this.put(exchange, false);
  }

  private async put(exchange: Exchange, again: boolean): Promise<void> {
    try {
      const sent = await this.site.open(exchange.outgoing);
      if (this.exchange !== exchange) return void sent.destroy();
      this.sent = sent;
      sent.on("response", (answer) => this.answered(exchange, answer, again));
      sent.on("upgrade", (answer, socket, rest) => this.switched(exchange, answer, socket, rest));
      sent.on("error", (error) => this.failed(exchange, error));
      sent.end(exchange.body);
    } catch (error) {
      this.failed(exchange, error);
    }
  }

  private answered(exchange: Exchange, answer: IncomingMessage, again: boolean): void {
    if (this.exchange !== exchange) return void answer.destroy();
    if (this.site.answered(answer, again)) {
      answer.resume();
      answer.on("error", () => undefined);
      return void this.put(exchange, true);
    }
    exchange.stopLate();
    exchange.begun = true;
    const { responseTimeoutMs } = this.site.limiter.limits;
    answer.setTimeout(responseTimeoutMs, () => answer.destroy(new Error("it stopped answering")));
    this.tell(exchange, answer);
    const bodyless = isBodyless(exchange.outgoing.method, answer.statusCode ?? 0);
    this.flow = passBody({
      ...{ answer, links: this.site.links, client: exchange.client },
      piece: (bytes) => this.piece(bytes),
      end: () => {
        if (this.exchange !== exchange) return;
        const last = this.sink;
        this.finish();
        if (!bodyless) last?.bytes(encodeChunk(NO_BYTES));
      },
      failed: (reason) => this.failed(exchange, new Error(reason)),
    });
    if (this.flow === undefined) this.failed(exchange, new Error("an answer in an unknown coding"));
    else if (this.paused) this.flow.pause();
  }

  private tell(exchange: Exchange, { statusCode = 502, rawHeaders, headers }: IncomingMessage) {
    const fields: (readonly [string, string])[] = [[REQUEST_FIELD, String(exchange.number)]];
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      const name = (rawHeaders[at] ?? "").toLowerCase();
      if (!HERE.has(name)) fields.push([name, rawHeaders[at + 1] ?? ""]);
    }
    const { location } = headers;
    if (location !== undefined) fields.push(["location", this.site.links.inLocation(location)]);
    if (!isBodyless(exchange.outgoing.method, statusCode)) {
      fields.push(["transfer-encoding", "chunked"]);
    }
    this.sink?.bytes(encodeHead(`HTTP/1.1 ${statusCode} Panel`, fields));
  }

  private piece(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE) {
      this.sink?.bytes(encodeChunk(bytes.subarray(at, at + PIECE)));
    }
  }

  private switched(
    exchange: Exchange,
    answer: IncomingMessage,
    socket: Duplex,
    rest: Uint8Array,
  ): void {
    if (this.exchange !== exchange) return void socket.destroy();
    this.site.answered(answer, true);
    this.finish();
    this.socket = socket;
    this.flow = { pause: () => void socket.pause(), resume: () => void socket.resume() };
    socket.on("data", (bytes: Uint8Array) => this.sink?.bytes(bytes));
    socket.on("error", () => this.gone("the WebSocket broke off"));
    socket.on("close", () => this.gone("the panel closed the WebSocket"));
    socket.on("drain", () => this.sink?.drained());
    const { headers } = answer;
    const protocol = headers["sec-websocket-protocol"];
    const extensions = headers["sec-websocket-extensions"];
    const fields: (readonly [string, string])[] = [
      [REQUEST_FIELD, String(exchange.number)],
      ["upgrade", "websocket"],
      ["sec-websocket-accept", String(headers["sec-websocket-accept"] ?? "")],
      ...(protocol === undefined ? [] : ([["sec-websocket-protocol", protocol]] as const)),
      ...(extensions === undefined ? [] : ([["sec-websocket-extensions", extensions]] as const)),
    ];
    this.sink?.bytes(encodeHead("HTTP/1.1 101 Panel", fields));
    if (rest.length > 0) this.sink?.bytes(rest);
    if (this.paused) socket.pause();
  }

  private frame(socket: Duplex, bytes: Uint8Array): void {
    socket.write(bytes);
    if (socket.writableLength > LEG_QUEUE_MAX * FLOOD) this.gone("the panel takes nothing more");
  }

  private failed(exchange: Exchange, error: unknown): void {
    if (this.exchange !== exchange) return;
    const reason = error instanceof Error ? error.message : String(error);
    if (exchange.begun) this.gone(`the answer broke off: ${reason}`);
    else if (error instanceof SignInFailed) this.tellRefused(exchange, reason);
    else this.lost(reason);
  }

  /** Said in the panel's place: the person cannot sign in themselves. */
  private tellRefused({ number }: Exchange, reason: string): void {
    const body = latin1(reason);
    const head = encodeHead("HTTP/1.1 502 Panel", [
      [REQUEST_FIELD, String(number)],
      ["content-type", "text/plain"],
      ["content-length", String(body.length)],
    ]);
    const { sink } = this;
    this.finish();
    sink?.bytes(head);
    sink?.bytes(body);
  }

  private lost(cause: string): void {
    const { exchange, sink } = this;
    if (!exchange) return;
    this.finish();
    this.sent?.destroy();
    sink?.lost(exchange.number, cause);
  }

  private gone(reason: string): void {
    const { sink } = this;
    this.close();
    sink?.closed(reason);
  }

  private finish(): void {
    const { exchange } = this;
    this.exchange = undefined;
    this.flow = undefined;
    exchange?.stopLate();
    if (exchange?.placed) this.site.limiter.give();
  }
}

const NO_BYTES = new Uint8Array(0);
/** Far above the mark at which the loop stops reading the client: something does not stop. */
const FLOOD = 16;

/** Settled on this side: about this connection, this sign-in, or the body as it was encoded. */
const HERE: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"],
  ...["set-cookie", "www-authenticate", "location", "upgrade", "trailer", REQUEST_FIELD],
]);

function isBodyless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

function outgoingOf({ method, target, fields }: RequestHead, site: WebSite): Outgoing {
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
