/**
 * A browser's end of one lane: takes one request of the panel's server after the other, as the
 * guard reads them, and writes what the guard answers into each one's response.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { CHUNK_MAX, encodeChunk, isBrokenOff } from "../../../protocols/http/body.ts";
import {
  encodeHead,
  endOfHead,
  fieldOf,
  type ResponseHead,
  readResponseHead,
} from "../../../protocols/http/head.ts";
import { pageBytes } from "../../../protocols/http/page.ts";
import type { Leg, LegSink } from "../leg.ts";
import { forBrowser } from "./browser-fields.ts";
import { Gathered } from "./gathered.ts";
import { takesScript, withScript } from "./own-script.ts";

/** A browser that sends nothing more of a body for so long does not mean to. */
const SILENCE_MS = 60_000;

interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  begun: boolean;
  /** The broker's script goes into what comes next. */
  scripted: boolean;
  /** The browser has more of the request. */
  unread: boolean;
  stalled: NodeJS.Timeout | undefined;
  /** With the status; 0 where it broke off. */
  done(status: number): void;
}

export class PanelLeg implements Leg {
  private sink: LegSink | undefined;
  private answering: Answering | undefined;
  private socket: Duplex | undefined;
  private switched = false;
  private early: (() => void)[] = [];
  private over = false;
  private spent = false;

  get isOver(): boolean {
    return this.over || this.spent;
  }

  get queued(): number {
    return this.socket?.writableLength ?? this.answering?.response.writableLength ?? 0;
  }

  start(sink: LegSink): void {
    if (this.over) queueMicrotask(() => sink.closed(AWAY));
    if (this.over) return;
    this.sink = sink;
    for (const act of this.early.splice(0)) act();
  }

  /** Resolves with the status once all is said; 0 where it broke off, and the lane with it. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<number> {
    return new Promise((resolve) => {
      const done = (status: number) => {
        clearTimeout(this.answering?.stalled);
        this.answering = undefined;
        resolve(status);
      };
      const answering = {
        request,
        response,
        begun: false,
        scripted: false,
        unread: false,
        stalled: undefined,
        done,
      };
      this.answering = answering;
      response.on("close", () => {
        if (this.answering?.response === response) this.gone(AWAY);
      });
      response.on("drain", () => this.sink?.drained());
      this.soon(() => this.send(answering));
    });
  }

  /** The lane becomes this WebSocket's, until either side closes it. Resolves with the status. */
  serveSocket(request: IncomingMessage, socket: Duplex, rest: Uint8Array): Promise<number> {
    this.socket = socket;
    return new Promise((resolve) => {
      this.onSwitch = resolve;
      socket.on("error", () => this.gone(AWAY));
      socket.on("close", () => this.gone(AWAY));
      socket.on("drain", () => this.sink?.drained());
      this.soon(() => {
        this.sink?.bytes(headOf(request, false));
        if (rest.length > 0) this.sink?.bytes(rest);
        socket.on("data", (bytes: Uint8Array) => this.sink?.bytes(bytes));
      });
    });
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    if (this.socket) this.writeSocket(this.socket, bytes);
    else if (this.answering) this.writeAnswer(this.answering, bytes);
  }

  pause(): void {
    clearTimeout(this.answering?.stalled);
    (this.socket ?? this.answering?.request)?.pause();
  }

  resume(): void {
    if (this.answering) this.listen(this.answering);
    (this.socket ?? this.answering?.request)?.resume();
  }

  close(because?: string): void {
    if (this.over) return;
    this.over = true;
    this.sink = undefined;
    const { answering, socket } = this;
    if (socket) socket.destroy();
    this.onSwitch(0);
    if (!answering) return;
    const { response } = answering;
    if (response.headersSent) response.destroy();
    else response.writeHead(503, ENDED_FIELDS).end(ended(because));
    answering.done(0);
  }

  private onSwitch: (status: number) => void = () => {};

  private soon(act: () => void): void {
    if (this.sink) act();
    else this.early.push(act);
  }

  private send(answering: Answering): void {
    const { request } = answering;
    const { headers } = request;
    let left = Number(headers["content-length"] ?? 0);
    const chunked = headers["transfer-encoding"] !== undefined;
    answering.unread = chunked || left > 0;
    this.sink?.bytes(headOf(request, answering.unread));
    if (!answering.unread) return;
    this.listen(answering);
    const gathered = new Gathered((bytes) => {
      if (this.answering === answering) this.chunks(bytes);
    });
    request.on("data", (bytes: Uint8Array) => {
      if (this.answering !== answering) return;
      this.listen(answering);
      left -= bytes.length;
      if (!chunked && left === 0) this.wholeOf(answering);
      if (chunked) gathered.add(bytes);
      else this.sink?.bytes(bytes);
    });
    request.on("end", () => {
      if (this.answering !== answering || !chunked) return;
      gathered.flush();
      if (this.answering !== answering) return;
      this.wholeOf(answering);
      this.sink?.bytes(encodeChunk(NO_BYTES));
    });
    request.on("error", () => this.gone(AWAY));
  }

  private chunks(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += CHUNK_MAX) {
      this.sink?.bytes(encodeChunk(bytes.subarray(at, at + CHUNK_MAX)));
    }
  }

  private wholeOf(answering: Answering): void {
    answering.unread = false;
    clearTimeout(answering.stalled);
  }

  private listen(answering: Answering): void {
    clearTimeout(answering.stalled);
    if (!answering.unread) return;
    answering.stalled = setTimeout(() => this.gone("the browser sends no more"), SILENCE_MS);
  }

  /** Each call is a whole head, with a body whose length it says, or a whole chunk. */
  private writeAnswer(answering: Answering, bytes: Uint8Array) {
    if (answering.begun) return this.chunk(answering, bytes);
    const end = endOfHead(bytes);
    const head = end === undefined ? undefined : readResponseHead(bytes.subarray(0, end));
    if (end === undefined || head?.kind !== "read") return this.gone("no answer to pass on");
    this.begin(answering, head.value, bytes.subarray(end));
  }

  private begin(answering: Answering, head: ResponseHead, rest: Uint8Array): void {
    const { request, response } = answering;
    const { status, fields } = head;
    const chunked = fieldOf(fields, "transfer-encoding") !== undefined;
    const passed = fields.filter(([name]) => name !== "transfer-encoding");
    response.writeHead(status, forBrowser(passed).flat());
    answering.begun = true;
    answering.scripted = takesScript(request.headers["sec-fetch-dest"], status, fields);
    if (chunked && request.method !== "HEAD") return;
    response.end(rest);
    this.answered(answering, status);
  }

  /** What was answered before it was read ends the lane; the rest of it is read by nobody. */
  private answered({ unread, request, done }: Answering, status: number): void {
    done(status);
    if (!unread) return;
    request.resume();
    this.spend("answered before all of it was read");
  }

  /** Nothing can follow on this lane. Not now: who writes is told nothing meanwhile. */
  private spend(reason: string): void {
    this.spent = true;
    queueMicrotask(() => this.gone(reason));
  }

  private chunk(answering: Answering, bytes: Uint8Array) {
    const { response } = answering;
    if (isBrokenOff(bytes)) return this.breakOff(answering);
    const line = bytes.indexOf(10) + 1;
    const data = bytes.subarray(line, bytes.length - 2);
    const { scripted } = answering;
    answering.scripted = false;
    if (data.length > 0) return void response.write(scripted ? withScript(data) : data);
    response.end();
    this.answered(answering, response.statusCode);
  }

  private breakOff({ response, done }: Answering): void {
    response.destroy();
    done(0);
    this.spend("the right to it was lost");
  }

  private writeSocket(socket: Duplex, bytes: Uint8Array): void {
    if (this.switched) return void socket.write(bytes);
    const end = endOfHead(bytes) ?? 0;
    const head = readResponseHead(bytes.subarray(0, end));
    const status = head.kind === "read" ? head.value.status : 0;
    this.onSwitch(status);
    this.switched = status === 101;
    if (this.switched) socket.write(bytes);
    else socket.end(bytes);
  }

  private gone(reason: string): void {
    const { sink } = this;
    this.close(reason);
    sink?.closed(reason);
  }
}

const NO_BYTES = new Uint8Array(0);
const AWAY = "the browser went away";

const ENDED_FIELDS = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };

/** One lane may end alone, by a message that broke the protocol: the session then goes on. */
function ended(because = "the lane was closed"): Uint8Array {
  const lines = [
    `Why: ${because}. Nothing more of this request reaches the panel.`,
    "While the session runs, load the page again. Its page in the console says whether it does.",
  ];
  const page = pageBytes({ status: 503, title: "This request was ended", lines });
  return page.subarray(endOfHead(page));
}

/** About one connection, or said anew. */
const HOP: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  ...["cookie", "expect", "forwarded"],
]);

function headOf(request: IncomingMessage, hasBody: boolean): Uint8Array {
  const { method = "", url = "", rawHeaders } = request;
  const fields: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    if (!HOP.has(name)) fields.push([name, rawHeaders[at + 1] ?? ""]);
  }
  if (request.headers.upgrade !== undefined) fields.push(["connection", "Upgrade"]);
  const { cookie } = request.headers;
  if (cookie !== undefined) fields.push(["cookie", cookie]);
  if (hasBody && request.headers["transfer-encoding"] !== undefined) {
    fields.push(["transfer-encoding", "chunked"]);
  }
  return encodeHead(`${method} ${url} HTTP/1.1`, fields);
}
