/**
 * One lane of a web panel, read again from its tape: requests with their decisions and answers,
 * and the messages of a WebSocket.
 */
import { createHash, type Hash } from "node:crypto";
import { BodyReader, framingOf, type Piece } from "../../../protocols/http/body.ts";
import { REQUEST_FIELD } from "../../../protocols/http/fields.ts";
import {
  cutHead,
  type Fields,
  fieldOf,
  type RequestHead,
  type ResponseHead,
  readRequestHead,
  readResponseHead,
} from "../../../protocols/http/head.ts";
import { isWebOperation, type WebOperation } from "../../../protocols/http/operation.ts";
import { isBodyless } from "../../../protocols/http/response.ts";
import { cutAssetFrame, cutClientFrame, OPCODE } from "../../../protocols/http/socket-frame.ts";
import { Inbox } from "../../../protocols/inbox.ts";
import type { Judged, TapeRecord } from "../../../protocols/tape/record.ts";

/** Of one body; what is longer is told by its length and digest. */
const BODY_KEPT_MAX = 2_097_152;
/** Of one WebSocket: hours of values, once a second. */
const MESSAGES_MAX = 20_000;
/** Text of all messages of one WebSocket together, in bytes. */
const MESSAGES_BYTES_MAX = 8_388_608;
/** A lane holds no more unread than its guard did. */
const UNREAD_MAX = 1_048_576;

export class Content {
  size = 0;
  private readonly hash: Hash = createHash("sha256");
  private parts: Uint8Array[] | undefined = [];

  add(bytes: Uint8Array): void {
    this.size += bytes.length;
    this.hash.update(bytes);
    if (this.size > BODY_KEPT_MAX) this.parts = undefined;
    else this.parts?.push(bytes);
  }

  /** Undefined where it is too long. */
  get bytes(): Buffer | undefined {
    return this.parts && Buffer.concat(this.parts);
  }

  get digest(): string {
    return this.hash.copy().digest("hex");
  }
}

export interface SocketMessage {
  readonly sent: boolean;
  readonly wallMs: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Of those that were sent, where it was not permitted. */
  refused?: string;
}

/** One request, as far as the tape tells of it. */
export interface HarExchange {
  readonly head: RequestHead;
  readonly startedMs: number;
  readonly body: Content;
  operation: WebOperation | undefined;
  judged: Judged | undefined;
  /** When it was decided for good. */
  decidedMs: number;
  /** A file that it was answered with was refused. */
  fileRefused: Judged | undefined;
  response: ResponseHead | undefined;
  respondedMs: number;
  readonly content: Content;
  endedMs: number;
  /** Why there is no answer, where one was awaited. */
  lost: string | undefined;
  messages: SocketMessage[] | undefined;
  messagesLeftOut: number;
}

export class HarChannel {
  private readonly client = new Inbox(UNREAD_MAX);
  private readonly asset = new Inbox(UNREAD_MAX);
  private exchange: HarExchange | undefined;
  private requestBody: BodyReader | undefined;
  private answerBody: BodyReader | undefined;
  private messageBytes = 0;
  private unreadable = false;

  /** Exchanges that this record ended. */
  push(record: TapeRecord): readonly HarExchange[] {
    if (this.unreadable) return [];
    if (record.kind === "bytes") return this.bytes(record);
    if (record.kind === "verdict") return this.verdict(record);
    if (record.kind !== "event") return [];
    const { event, cause, wallMs } = record;
    if (event.kind === "end") return this.over(wallMs, cause);
    const isOver = event.kind === "timeout" || event.kind === "withheld";
    return isOver && !this.exchange?.messages ? this.over(wallMs, cause) : [];
  }

  /** Nothing more comes. */
  finish(wallMs: number): readonly HarExchange[] {
    return this.over(wallMs, "the recording ends here");
  }

  private bytes(record: Extract<TapeRecord, { kind: "bytes" }>): readonly HarExchange[] {
    const { from, bytes, wallMs } = record;
    const inbox = from === "client" ? this.client : this.asset;
    if (!inbox.push(bytes)) return this.giveUp(wallMs);
    const ended: HarExchange[] = [];
    while (from === "client" ? this.takeClient(wallMs, ended) : this.takeAsset(wallMs, ended)) {
      if (this.unreadable) break;
    }
    return ended;
  }

  private takeClient(wallMs: number, ended: HarExchange[]): boolean {
    if (this.exchange?.messages) return this.takeFrame("client", wallMs, ended);
    if (this.requestBody)
      return this.take(this.client, this.requestBody.cut, wallMs, ended, (piece) => {
        this.collect(piece);
        return true;
      });
    return this.take(this.client, cutHead, wallMs, ended, (bytes) =>
      this.begin(bytes, wallMs, ended),
    );
  }

  private takeAsset(wallMs: number, ended: HarExchange[]): boolean {
    if (this.exchange?.messages) return this.takeFrame("asset", wallMs, ended);
    const { answerBody } = this;
    if (answerBody) {
      return this.take(this.asset, answerBody.cut, wallMs, ended, (piece) => {
        if (piece.kind === "data") this.exchange?.content.add(piece.bytes);
        else ended.push(...this.over(wallMs, undefined));
        return true;
      });
    }
    return this.take(this.asset, cutHead, wallMs, ended, (bytes) => this.answer(bytes, wallMs));
  }

  private take<T>(
    inbox: Inbox,
    cut: Parameters<typeof inbox.take<T>>[0],
    wallMs: number,
    ended: HarExchange[],
    use: (frame: T) => boolean,
  ): boolean {
    const result = inbox.take(cut);
    if (result.kind === "incomplete") return false;
    if (result.kind === "frame" && use(result.frame)) return true;
    ended.push(...this.giveUp(wallMs));
    return false;
  }

  private begin(bytes: Uint8Array, wallMs: number, ended: HarExchange[]): boolean {
    ended.push(...this.over(wallMs, undefined));
    const head = readRequestHead(bytes);
    if (head.kind === "malformed") return false;
    const framing = framingOf(head.value.fields);
    if (framing.kind === "malformed") return false;
    this.requestBody = framing.value.kind === "none" ? undefined : new BodyReader(framing.value);
    this.exchange = {
      ...{ head: head.value, startedMs: wallMs, body: new Content(), content: new Content() },
      ...{ operation: undefined, judged: undefined, decidedMs: wallMs, fileRefused: undefined },
      ...{ response: undefined, respondedMs: wallMs, endedMs: wallMs, lost: undefined },
      ...{ messages: undefined, messagesLeftOut: 0 },
    };
    return true;
  }

  private collect(piece: Piece): void {
    if (piece.kind === "data") this.exchange?.body.add(piece.bytes);
    else this.requestBody = undefined;
  }

  private answer(bytes: Uint8Array, wallMs: number): boolean {
    const head = readResponseHead(bytes);
    const { exchange } = this;
    if (head.kind === "malformed" || !exchange) return false;
    if (head.value.status === 100) return true;
    exchange.response = withoutOurs(head.value);
    exchange.respondedMs = wallMs;
    if (head.value.status === 101) {
      exchange.messages = [];
      this.messageBytes = 0;
      return true;
    }
    const framing = framingOf(head.value.fields);
    if (framing.kind === "malformed") return false;
    const bodyless = isBodyless(head.value.status, exchange.head.method);
    this.answerBody = new BodyReader(bodyless ? { kind: "none" } : framing.value);
    return true;
  }

  private takeFrame(from: "client" | "asset", wallMs: number, ended: HarExchange[]): boolean {
    const inbox = from === "client" ? this.client : this.asset;
    const cut = from === "client" ? cutClientFrame : cutAssetFrame;
    return this.take(inbox, cut, wallMs, ended, ({ opcode, payload }) => {
      if (opcode < OPCODE.close) this.say({ sent: from === "client", wallMs, opcode, payload });
      return true;
    });
  }

  private say(message: SocketMessage): void {
    const { exchange } = this;
    if (!exchange?.messages) return;
    this.messageBytes += message.payload.length;
    const fits = exchange.messages.length < MESSAGES_MAX && this.messageBytes <= MESSAGES_BYTES_MAX;
    if (fits) exchange.messages.push(message);
    else exchange.messagesLeftOut += 1;
  }

  private verdict({ items, wallMs }: Extract<TapeRecord, { kind: "verdict" }>) {
    const [judged] = items;
    const { exchange } = this;
    if (!judged || !exchange || !isWebOperation(judged.operation)) return [];
    const { operation } = judged;
    const denied = judged.answer.kind === "deny";
    if (operation.action === "web:message") {
      const said = exchange.messages?.findLast(({ sent }) => sent);
      if (said && denied) said.refused = judged.rule;
      return [];
    }
    if (operation.action === "web:download") {
      if (denied) exchange.fileRefused = judged;
      return [];
    }
    exchange.operation = operation;
    exchange.judged = judged;
    exchange.decidedMs = wallMs;
    exchange.respondedMs = wallMs;
    return denied ? this.over(wallMs, undefined) : [];
  }

  private over(wallMs: number, lost: string | undefined): readonly HarExchange[] {
    const { exchange } = this;
    if (!exchange) return [];
    exchange.endedMs = wallMs;
    const denied = exchange.judged?.answer.kind === "deny";
    const awaited = !exchange.response || this.answerBody !== undefined;
    if (awaited && !denied && lost !== undefined) exchange.lost = lost;
    this.exchange = undefined;
    this.answerBody = undefined;
    return [exchange];
  }

  /** The peer broke the protocol here; the lane ended. */
  private giveUp(wallMs: number): readonly HarExchange[] {
    this.unreadable = true;
    return this.over(wallMs, "what followed is no HTTP");
  }
}

/** What the broker put in for itself, or said anew, is not the panel's. */
function withoutOurs({ status, fields }: ResponseHead): ResponseHead {
  const own = [REQUEST_FIELD, "transfer-encoding"];
  return { status, fields: fields.filter(([name]) => !own.includes(name)) };
}

export function fieldsOf(fields: Fields, name: string): string {
  return fieldOf(fields, name) ?? "";
}
