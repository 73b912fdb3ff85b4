/**
 * The asking side of Modbus TCP, without a socket: the workbench and the broker's own probes put
 * bytes in and get answers out.
 */
import { copyBytes } from "../copy-bytes.ts";
import { type Cut, INCOMPLETE, Inbox } from "../inbox.ts";
import { encodeRequest } from "./encode.ts";
import {
  FRAME_LENGTH_MAX,
  frameFault,
  frameLength,
  frameTransaction,
  frameUnit,
  HEADER_LENGTH,
} from "./frame.ts";
import type { ModbusOperation } from "./operation.ts";
import { decodeReply, type Reply } from "./reply-values.ts";
import type { Items } from "./request.ts";

/** What came of a request, in the words of `ModbusClient.request`'s number. */
export interface ModbusAnswer {
  readonly request: number;
  readonly items: Items;
  readonly reply: Reply;
}

export type Received =
  | { readonly kind: "answers"; readonly answers: readonly ModbusAnswer[] }
  /** The peer is out of step: close the connection. */
  | { readonly kind: "broken"; readonly reason: string };

/** Transaction ids are 16 bit; half of them in flight is already absurd. */
const OUTSTANDING_MAX = 32_768;
/** A leg may hand over many replies at once; they are taken out at once. */
const INBOX_MAX = 262_144;

interface ReplyFrame {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
}

export class ModbusClient {
  private readonly inbox = new Inbox(INBOX_MAX);
  private readonly outstanding = new Map<number, Items>();
  private last = 0;
  private broken: string | undefined;

  /** Requests sent and not answered. */
  get waiting(): number {
    return this.outstanding.size;
  }

  /**
   * Bytes to send and the number (its transaction id, as in the session's events) under which
   * the answer will come.
   */
  request(operations: ModbusOperation | Items): {
    readonly request: number;
    readonly bytes: Uint8Array;
  } {
    if (this.outstanding.size >= OUTSTANDING_MAX) throw new Error("too many requests outstanding");
    const items: Items = isList(operations) ? operations : [operations];
    do this.last = (this.last + 1) % 65_536;
    while (this.outstanding.has(this.last));
    const bytes = encodeRequest(items, this.last);
    this.outstanding.set(this.last, items);
    return { request: this.last, bytes };
  }

  /** Nobody waits for it any more; its late answer is dropped quietly until the number comes round. */
  forget(request: number): void {
    if (this.outstanding.has(request)) this.outstanding.set(request, []);
  }

  receive(bytes: Uint8Array): Received {
    if (this.broken === undefined && !this.inbox.push(bytes))
      this.broken = "too many bytes at once";
    const answers: ModbusAnswer[] = [];
    while (this.broken === undefined) {
      const cut = this.inbox.take(cutReply);
      if (cut.kind === "incomplete") return { kind: "answers", answers };
      if (cut.kind === "malformed") this.broken = cut.reason;
      else this.match(cut.frame, answers);
    }
    return { kind: "broken", reason: this.broken };
  }

  private match({ transaction, unit, pdu }: ReplyFrame, answers: ModbusAnswer[]): void {
    const items = this.outstanding.get(transaction);
    this.outstanding.delete(transaction);
    if (items?.length === 0) return;
    if (items?.[0]?.unit !== unit) {
      this.broken = "a reply that no request waits for";
      return;
    }
    const reply = decodeReply(items, pdu, 0, pdu.length);
    if (reply.kind === "mismatch") this.broken = reply.reason;
    else answers.push({ request: transaction, items, reply });
  }
}

function isList(operations: ModbusOperation | Items): operations is Items {
  return Array.isArray(operations);
}

function cutReply(bytes: Uint8Array): Cut<ReplyFrame> {
  const length = frameLength(bytes, 0, Math.min(bytes.length, FRAME_LENGTH_MAX));
  if (length === 0) return INCOMPLETE;
  if (length < 0) return { kind: "malformed", reason: frameFault(length) };
  const frame = {
    transaction: frameTransaction(bytes, 0),
    unit: frameUnit(bytes, 0),
    pdu: copyBytes(bytes, HEADER_LENGTH, length),
  };
  return { kind: "frame", frame, length };
}
