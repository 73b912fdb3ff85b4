/**
 * Messages between the broker and its OPC UA process, over one pipe: whole, in order, several of
 * one turn in one write. Each is its length (u32, itself included), kind (u8), id (u32) and body.
 *
 * What goes with every service message has a kind and a layout of its own; what happens once a
 * connection or session is a call with an answer, or a word, in JSON.
 */
import type { Duplex } from "node:stream";
import { FRAME_MAX } from "../../../../protocols/opcua/frame.ts";

export const KIND = {
  /** JSON `{ method, args }`, answered by `done` or `failed` under the same id. */
  call: 1,
  done: 2,
  failed: 3,
  /** JSON, about what has this id. */
  word: 4,
  /** Of a client's connection: the number of a request (u32), then it or its answer, whole. */
  message: 5,
  /** u32: so many bytes of this connection's chunks and messages were taken. */
  taken: 6,
  /** Of a connection that the broker holds, in either direction: bytes as they are. */
  chunk: 7,
  /** Sent back as it came: the other side is alive. */
  beat: 8,
} as const;

export interface WireMessage {
  readonly kind: number;
  readonly id: number;
  /** A view that stays as it is. */
  readonly body: Buffer;
}

export type Answers = (method: string, args: unknown) => unknown;

const HEADER = 9;
/** A service message and what is written before it. */
const MESSAGE_MAX = FRAME_MAX + 1_024;
/** Below it the parts are copied into one buffer: cheaper than a write of several. */
const COPIED_MAX = 16_384;
/** Of a side that reads nothing: far above what all connections may have on their way to it. */
const UNREAD_MAX = 268_435_456;
/** Of why a call failed: it may hold what the other side said, in three times its bytes. */
const WORDS_MAX = 1_000;

export class Wire {
  private readonly pipe: Duplex;
  private readonly heard: (message: WireMessage) => void;
  private readonly answers: Answers;
  private readonly end: (why: string) => void;
  private readonly calls = new Map<number, PromiseWithResolvers<unknown>>();
  private last = 0;
  private parts: Buffer[] = [];
  private length = 0;
  private corked = false;
  private over = false;

  /**
   * @param heard everything but calls and their answers; throwing in it ends the wire
   * @param answers the other side's calls; what it throws is told by its message
   * @param ended called once, for whatever reason
   */
  constructor(
    pipe: Duplex,
    heard: (message: WireMessage) => void,
    answers: Answers,
    ended: (why: string) => void,
  ) {
    this.pipe = pipe;
    this.heard = heard;
    this.answers = answers;
    const end = (why: string) => {
      if (this.over) return;
      this.close(why);
      ended(why);
    };
    this.end = end;
    pipe.on("data", (bytes: Buffer) => {
      try {
        this.data(bytes);
      } catch (error) {
        end(messageOf(error));
      }
    });
    pipe.on("error", (error) => end(error.message));
    pipe.on("close", () => end("the pipe was closed"));
    pipe.on("end", () => end("the other side is gone"));
  }

  get isOver(): boolean {
    return this.over;
  }

  /** The parts are kept until they are written: they must stay as they are. */
  send(kind: number, id: number, ...parts: readonly Uint8Array[]): void {
    if (this.over) return;
    let length = HEADER;
    for (const part of parts) length += part.length;
    if (length > MESSAGE_MAX) throw new Error(`a message of ${length} bytes`);
    if (!this.corked) {
      this.corked = true;
      this.pipe.cork();
      process.nextTick(() => {
        this.corked = false;
        this.pipe.uncork();
      });
    }
    const head = Buffer.allocUnsafe(length <= COPIED_MAX ? length : HEADER);
    head.writeUInt32LE(length, 0);
    head.writeUInt8(kind, 4);
    head.writeUInt32LE(id, 5);
    if (length > COPIED_MAX) {
      this.pipe.write(head);
      for (const part of parts) this.pipe.write(part);
    } else {
      let at = HEADER;
      for (const part of parts) {
        head.set(part, at);
        at += part.length;
      }
      this.pipe.write(head);
    }
    if (this.pipe.writableLength > UNREAD_MAX) this.end("it does not read what it is told");
  }

  number(kind: number, id: number, value: number): void {
    const body = Buffer.allocUnsafe(4);
    body.writeUInt32LE(value >>> 0, 0);
    this.send(kind, id, body);
  }

  /** A request of a client's connection, or its answer. */
  numbered(id: number, requestId: number, ...parts: readonly Uint8Array[]): void {
    const number = Buffer.allocUnsafe(4);
    number.writeUInt32LE(requestId, 0);
    this.send(KIND.message, id, number, ...parts);
  }

  word(id: number, said: object): void {
    this.send(KIND.word, id, Buffer.from(JSON.stringify(said)));
  }

  /** Rejects with the other side's words, or when the wire ends. */
  call(method: string, args: object): Promise<unknown> {
    const settling = Promise.withResolvers<unknown>();
    if (this.over) {
      settling.reject(new Error("the wire is closed"));
    } else {
      this.last = (this.last + 1) >>> 0;
      this.calls.set(this.last, settling);
      this.send(KIND.call, this.last, Buffer.from(JSON.stringify({ method, args })));
    }
    return settling.promise;
  }

  close(why = "the wire is closed"): void {
    if (this.over) return;
    this.over = true;
    this.parts = [];
    for (const { reject } of this.calls.values()) reject(new Error(why));
    this.calls.clear();
    this.pipe.destroy();
  }

  private data(bytes: Buffer): void {
    this.parts.push(bytes);
    this.length += bytes.length;
    for (let message = this.next(); message && !this.over; message = this.next()) {
      this.message(message);
    }
  }

  private next(): WireMessage | undefined {
    if (this.length < HEADER) return undefined;
    const need = this.joined(HEADER).readUInt32LE(0);
    if (need < HEADER || need > MESSAGE_MAX) throw new Error(`a message of ${need} bytes`);
    if (this.length < need) return undefined;
    const all = this.joined(need);
    this.length -= need;
    this.parts.shift();
    if (all.length > need) this.parts.unshift(all.subarray(need));
    return { kind: all.readUInt8(4), id: all.readUInt32LE(5), body: all.subarray(HEADER, need) };
  }

  /** The first part with at least so many bytes. */
  private joined(need: number): Buffer {
    const [first] = this.parts;
    if (first && first.length >= need) return first;
    const all = Buffer.concat(this.parts);
    this.parts = [all];
    return all;
  }

  private message(message: WireMessage): void {
    const { kind, id, body } = message;
    if (kind === KIND.call) {
      const failed = (error: unknown) => this.end(messageOf(error));
      return void this.answer(id, jsonOf(body)).catch(failed);
    }
    if (kind !== KIND.done && kind !== KIND.failed) return void this.heard(message);
    // First: where it is no JSON, the call ends with the wire.
    const given = kind === KIND.done ? jsonOf(body) : undefined;
    const settling = this.calls.get(id);
    this.calls.delete(id);
    if (kind === KIND.done) settling?.resolve(given);
    else settling?.reject(new Error(body.toString("utf8")));
  }

  private async answer(id: number, asked: unknown): Promise<void> {
    try {
      const { method, args } = asked as { readonly method?: unknown; readonly args?: unknown };
      const given = await this.answers(String(method), args);
      this.send(KIND.done, id, Buffer.from(JSON.stringify(given ?? null)));
    } catch (error) {
      this.send(KIND.failed, id, Buffer.from(messageOf(error).slice(0, WORDS_MAX)));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function jsonOf(body: Buffer): unknown {
  return JSON.parse(body.toString("utf8"));
}
