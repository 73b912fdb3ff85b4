/**
 * The asset's end of one lane of a web panel. The guard hands it whole requests, or the head of a
 * large one and then its body in chunks; it puts them to the panel, signed in, and hands back
 * answers that say which request they answer and where they end. Cookies, redirects to itself,
 * codings and challenges stay on this side.
 *
 * A request waits here for its turn, for a sign-in and for a connection. Until its first byte is
 * handed to the system it can be taken back, and the right to it is looked at once more.
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
import { assetWords } from "../asset-words.ts";
import type { Waiting } from "../endpoint-limiter.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../leg.ts";
import { type PassedOn, passBody } from "./answer-body.ts";
import {
  boundHints,
  isEventStream,
  isHangUp,
  passOver,
  unreadable,
  unusable,
} from "./odd-answers.ts";
import { answerHead, isBodyless, outgoingOf, socketHead } from "./panel-heads.ts";
import { SOCKETS_FREE_MAX } from "./pinned-agent.ts";
import { UploadBody } from "./upload-body.ts";
import { type Outgoing, SignInFailed, type WebSite } from "./web-site.ts";

/** What the guard handed over, under way. */
interface Exchange {
  readonly number: number;
  /** The decision, where it can change the panel. */
  readonly change: number | undefined;
  readonly outgoing: Outgoing;
  readonly body: Uint8Array;
  readonly upload: UploadBody | undefined;
  readonly client: string;
  /** It has the place of one request at the panel. */
  placed: boolean;
  /** Its first byte is the system's. */
  left: boolean;
  /** The guard knows of an answer. */
  begun: boolean;
  /** The answer to an upload that is not there yet. */
  early: IncomingMessage | undefined;
  answer: IncomingMessage | undefined;
  late: NodeJS.Timeout | undefined;
  tries: number;
}

export class WebAssetLeg implements Leg, Waiting {
  private readonly site: WebSite;
  private readonly leave: () => void;
  private sink: LegSink | undefined;
  private exchange: Exchange | undefined;
  private sent: ClientRequest | undefined;
  private flow: PassedOn | undefined;
  private socket: Duplex | undefined;
  private paused = false;
  private over = false;
  /** A body broke off here: chunks of it may come still. */
  private spoilt = false;

  /** @param leave called once, when it is over */
  constructor(site: WebSite, leave: () => void) {
    this.site = site;
    this.leave = leave;
  }

  get queued(): number {
    return (this.socket ?? this.sent)?.writableLength ?? 0;
  }

  get waiting(): number {
    return this.exchange && !this.exchange.left ? 1 : 0;
  }

  /** Only heads wait here: what follows one is on its way at once. */
  get givesBack(): boolean {
    return this.socket === undefined && this.exchange === undefined && !this.spoilt;
  }

  start(sink: LegSink): void {
    this.sink = sink;
  }

  write(bytes: Uint8Array, change?: number): void {
    if (this.over) return;
    const { exchange, socket } = this;
    if (socket) this.frame(socket, bytes);
    else if (exchange?.upload) this.piece(exchange, exchange.upload, bytes);
    else this.request(bytes, change);
  }

  /** A chunk whose exchange is gone begins with its size: it is no head, and goes nowhere. */
  private request(bytes: Uint8Array, change: number | undefined): void {
    const end = endOfHead(bytes);
    const head = end === undefined ? undefined : readRequestHead(bytes.subarray(0, end));
    if (head?.kind !== "read" || this.exchange) return;
    this.begin(head.value, bytes.subarray(end), change);
  }

  withdraw(cause: string) {
    const { exchange, sink } = this;
    if (exchange?.change === undefined) return;
    const { left, upload, change } = exchange;
    if (left && upload && !upload.isWhole) return this.lost(cause);
    if (left) return;
    this.drop();
    sink?.withheld(change, cause);
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
    this.drop();
    this.socket?.destroy();
    this.leave();
  }

  /** Its request has a place now. */
  mayTake(): boolean {
    const { exchange } = this;
    if (!exchange || exchange.placed) return false;
    exchange.placed = true;
    this.awaitAnswer(exchange);
    void this.put(exchange, false);
    return true;
  }

  private begin(head: RequestHead, body: Uint8Array, change: number | undefined): void {
    const { responseTimeoutMs } = this.site.places.limits;
    const length = Number(fieldOf(head.fields, "content-length") ?? 0);
    const stalled = () => this.lost("the panel does not take the whole of it");
    const exchange: Exchange = {
      ...{ number: Number(fieldOf(head.fields, REQUEST_FIELD)), change, body },
      outgoing: outgoingOf(head, this.site),
      upload: length > body.length ? new UploadBody(length, responseTimeoutMs, stalled) : undefined,
      ...{ client: fieldOf(head.fields, "host") ?? "", placed: false, left: false, begun: false },
      ...{ early: undefined, answer: undefined, late: undefined, tries: 1 },
    };
    this.exchange = exchange;
    this.awaitAnswer(exchange);
    this.site.places.ask(this);
  }

  private awaitAnswer(exchange: Exchange): void {
    const { responseTimeoutMs } = this.site.places.limits;
    clearTimeout(exchange.late);
    const late = () => this.lost(exchange.placed ? "the panel does not answer" : CROWDED);
    exchange.late = setTimeout(late, responseTimeoutMs);
  }

  private async put(exchange: Exchange, again: boolean): Promise<void> {
    try {
      const sent = await this.site.open(exchange.outgoing);
      sent.on("error", (error) => {
        // What comes behind a whole answer is for nobody.
        if (this.sent === sent && !exchange.answer?.complete) this.failed(exchange, error);
      });
      if (this.exchange !== exchange) return void sent.destroy();
      this.sent = sent;
      sent.on("response", (answer) => this.answered(exchange, answer, again));
      sent.on("upgrade", (answer, socket, rest) => this.switched(exchange, answer, socket, rest));
      sent.on("drain", () => this.drained(exchange));
      boundHints(sent);
      sent.once("socket", () => this.connected(exchange, sent));
    } catch (error) {
      this.failed(exchange, error);
    }
  }

  /** The last moment before the first byte. */
  private connected(exchange: Exchange, sent: ClientRequest) {
    if (this.exchange !== exchange) return void sent.destroy();
    const { change, number, upload } = exchange;
    const obstacle = change === undefined ? undefined : this.sink?.obstacle?.(change);
    if (this.exchange !== exchange) return void sent.destroy();
    if (obstacle !== undefined && exchange.left) return this.lost(obstacle);
    if (obstacle !== undefined && change !== undefined) {
      const { sink } = this;
      this.drop();
      return void sink?.withheld(change, obstacle);
    }
    exchange.left = true;
    if (!upload) return void sent.end(exchange.body);
    clearTimeout(exchange.late);
    sent.flushHeaders();
    this.sink?.bytes(encodeHead("HTTP/1.1 100 Continue", [[REQUEST_FIELD, String(number)]]));
  }

  private piece(exchange: Exchange, upload: UploadBody, bytes: Uint8Array) {
    const { sent } = this;
    if (!sent || !exchange.left) return;
    const passed = upload.pass(sent, bytes);
    if (passed === "broken-off") return this.drop();
    if (passed === "goes-on") return;
    this.awaitAnswer(exchange);
    sent.end();
    const { early } = exchange;
    // Not now: whoever writes is not told anything meanwhile.
    if (early) queueMicrotask(() => this.tell(exchange, early));
  }

  private drained(exchange: Exchange): void {
    exchange.upload?.drained();
    if (this.exchange === exchange) this.sink?.drained();
  }

  private answered(exchange: Exchange, answer: IncomingMessage, again: boolean) {
    if (this.exchange !== exchange) return void answer.destroy();
    const { upload, outgoing } = exchange;
    if (this.site.answered(answer, outgoing, again || upload !== undefined)) {
      passOver(answer, this.site.places.limits.responseTimeoutMs);
      return void this.put(exchange, true);
    }
    if (!upload || upload.isWhole) return this.tell(exchange, answer);
    upload.deafen();
    exchange.early = answer;
    answer.on("error", (error) => this.failed(exchange, error));
  }

  private tell(exchange: Exchange, answer: IncomingMessage): void {
    if (this.exchange !== exchange) return void answer.destroy();
    const flaw = unusable(answer, exchange.outgoing, this.site);
    if (flaw !== undefined) return void this.unread(exchange, flaw);
    clearTimeout(exchange.late);
    exchange.begun = true;
    exchange.answer = answer;
    const { number, outgoing, client } = exchange;
    const { responseTimeoutMs } = this.site.places.limits;
    const head = answerHead(number, outgoing.method, answer, this.site);
    if (isBodyless(outgoing.method, answer.statusCode ?? 0)) {
      this.tellHead(head, answer);
      return;
    }
    this.sink?.bytes(head);
    // Open as long as the page is, as a WebSocket.
    if (isEventStream(answer)) this.leavePlace(exchange);
    this.flow = passBody({
      ...{ answer, links: this.site.links, client, silenceMs: responseTimeoutMs },
      piece: (bytes) => this.tellPiece(exchange, bytes),
      end: () => {
        if (this.exchange !== exchange) return;
        const last = this.sink;
        this.finish();
        last?.bytes(encodeChunk(NO_BYTES));
      },
      failed: (reason) => this.failed(exchange, new Error(reason)),
    });
    if (this.paused) this.flow?.pause();
  }

  /** All there is to tell: the next request may come before the panel has ended its answer. */
  private tellHead(head: Uint8Array, answer: IncomingMessage): void {
    answer.on("error", () => undefined).resume();
    this.finish();
    this.sink?.bytes(head);
  }

  private leavePlace(exchange: Exchange): void {
    const { placed } = exchange;
    exchange.placed = false;
    if (placed) this.site.places.giveBack();
    else this.site.places.forget(this);
  }

  private tellPiece(exchange: Exchange, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.exchange === exchange; at += PIECE) {
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
    this.site.answered(answer, exchange.outgoing, true);
    this.finish();
    this.socket = socket;
    this.flow = { pause: () => void socket.pause(), resume: () => void socket.resume() };
    socket.on("data", (bytes: Uint8Array) => this.sink?.bytes(bytes));
    socket.on("error", () => this.gone("the WebSocket broke off"));
    socket.on("close", () => this.gone("the panel closed the WebSocket"));
    socket.on("drain", () => this.sink?.drained());
    this.sink?.bytes(socketHead(exchange.number, answer));
    if (rest.length > 0) this.sink?.bytes(rest);
    if (this.paused) socket.pause();
  }

  private frame(socket: Duplex, bytes: Uint8Array): void {
    socket.write(bytes);
    if (socket.writableLength > LEG_QUEUE_MAX * FLOOD) this.gone("the panel takes nothing more");
  }

  private failed(exchange: Exchange, error: unknown): void {
    if (this.exchange !== exchange) return;
    if (this.metOldConnection(exchange, error)) {
      exchange.tries += 1;
      return void this.put(exchange, false);
    }
    const reason = assetWords(error);
    const flaw = unreadable(error);
    if (flaw !== undefined) this.unread(exchange, flaw);
    else if (exchange.begun) this.gone(`the answer broke off: ${reason}`);
    else if (error instanceof SignInFailed) this.tellRefused(exchange, reason);
    else this.lost(reason);
  }

  /**
   * The panel closed an idle connection as this went out on it, or had more to say of what it
   * answered before: what only looks goes once more.
   */
  private metOldConnection({ change, begun, tries }: Exchange, error: unknown): boolean {
    if (change !== undefined || begun || tries > SOCKETS_FREE_MAX) return false;
    if (this.sent?.reusedSocket !== true) return false;
    return isHangUp(error) || unreadable(error) !== undefined;
  }

  /** It answered, and that is of no use: of what only looks, the reason is told to the person. */
  private unread(exchange: Exchange, reason: string): void {
    if (exchange.begun) this.gone(`the answer broke off: ${reason}`);
    else if (exchange.change === undefined) this.tellRefused(exchange, reason);
    else this.lost(reason);
  }

  /** Said in the panel's place: the person cannot sign in themselves. */
  private tellRefused({ number, upload, change }: Exchange, reason: string) {
    const { sink } = this;
    this.drop();
    if (upload && change !== undefined) return sink?.withheld(change, reason);
    const body = latin1(reason);
    const head = encodeHead("HTTP/1.1 502 Panel", [
      [REQUEST_FIELD, String(number)],
      ["content-type", "text/plain"],
      ["content-length", String(body.length)],
    ]);
    sink?.bytes(head);
    sink?.bytes(body);
  }

  private lost(cause: string): void {
    const { exchange, sink } = this;
    if (!exchange) return;
    this.drop();
    sink?.lost(exchange.number, cause);
  }

  private gone(reason: string): void {
    const { sink } = this;
    this.close();
    sink?.closed(reason);
  }

  /** Nothing of it goes out any more. */
  private drop(): void {
    this.finish();
    this.sent?.destroy();
    this.sent = undefined;
  }

  private finish(): void {
    const { exchange } = this;
    this.exchange = undefined;
    this.flow = undefined;
    clearTimeout(exchange?.late);
    exchange?.upload?.drained();
    this.spoilt ||= exchange?.upload !== undefined && !exchange.upload.isWhole;
    if (exchange) this.leavePlace(exchange);
  }
}

const NO_BYTES = new Uint8Array(0);
const CROWDED = "too many requests are waiting for the panel";
/** Far above the mark at which the loop stops reading the client: something does not stop. */
const FLOOD = 16;
