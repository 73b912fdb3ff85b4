/**
 * Reads records from bytes that come in pieces of any size. Never throws, whatever it is fed;
 * holds at most one frame that is not complete and what one segment may define.
 */
import type { Answer, Operation, OperationClass, Side } from "../guard.ts";
import { type Cut, INCOMPLETE, Inbox } from "../inbox.ts";
import {
  ANSWERS,
  CLASSES,
  FRAME,
  FRAME_LENGTH_MAX,
  ITEMS_MAX,
  LIKE_LENGTH_MAX,
  OPERATIONS_MAX,
  REFERENCE_FIRST,
  REFERENCE_KEEP,
  REFUSALS,
} from "./codec.ts";
import { Cursor } from "./cursor.ts";
import { findFrame, shortFrame, shortLength } from "./frame.ts";
import { parseHeader } from "./header.ts";
import { Likes } from "./likes.ts";
import { readRare } from "./rare.ts";
import type { Header, Judged, TapeRecord } from "./record.ts";
import { TextsRead } from "./texts.ts";
import { readFields, readValue } from "./value.ts";

export type Decoded =
  | { readonly kind: "records"; readonly records: readonly TapeRecord[] }
  /** Nothing after this place can be read; every later `push` answers the same. */
  | {
      readonly kind: "malformed";
      readonly reason: string;
      readonly records: readonly TapeRecord[];
    };

type Look = (record: TapeRecord) => void;

/** Taken from a push at a time: the inbox holds one incomplete frame and this much more. */
const SLICE = 65_536;

export class TapeDecoder {
  private readonly lends: boolean;
  /** What is read now is not the inbox's. */
  private isLent = false;
  private readonly inbox = new Inbox(FRAME_LENGTH_MAX + SLICE + 16);
  private readonly cursor = new Cursor();
  private readonly texts = new TextsRead();
  private readonly operations: Operation[] = [];
  private readonly likes = new Likes();
  /** What was judged in the few bytes that name it, for the next time: polls are judged alike. */
  private readonly judgedAlike = new Map<number, readonly Judged[]>();
  /** While a segment is visited. */
  private visited: Visited | undefined;
  private expected: "preamble" | "header" | "position" | "any" = "preamble";
  private fault: string | undefined;
  private headerLast: Header | undefined;
  private sequenceNext = 0;
  private decisionLast = 0;
  private us = 0;
  private wallOffsetUs = 0;

  /**
   * @param lends long bytes of records are views of what was pushed: for who pushes whole segments,
   * leaves them as they are, and is done with the records when they go
   */
  constructor(lends = false) {
    this.lends = lends;
  }

  /** Of the segment that is being read. */
  get header(): Header | undefined {
    return this.headerLast;
  }

  /** Bytes of a frame that is not complete yet. At the end of a whole stream: 0. */
  get pending(): number {
    return this.inbox.length;
  }

  push(bytes: Uint8Array): Decoded {
    const records: TapeRecord[] = [];
    for (
      let at = this.readWhole(bytes, records);
      at < bytes.length && this.fault === undefined;
      at += SLICE
    ) {
      this.inbox.push(bytes.subarray(at, at + SLICE));
      const cut = this.inbox.take((held) => this.frames(held, (record) => records.push(record)));
      if (cut.kind === "malformed") this.fault = cut.reason;
    }
    if (this.fault === undefined) return { kind: "records", records };
    this.inbox.clear();
    return { kind: "malformed", reason: this.fault, records };
  }

  /**
   * For who looks at each record once: what is polled is the same object again and again, good
   * until `look` returns. Ends where the segment does or cannot be read further.
   * @param passed bytes of this side are passed over
   */
  visit(segment: Uint8Array, look: Look, passed?: Side): void {
    this.visited = new Visited(passed);
    this.isLent = true;
    this.frames(segment, look);
    this.isLent = false;
    this.visited = undefined;
  }

  /** The whole frames in front, where they lie; answers where the rest begins. */
  private readWhole(bytes: Uint8Array, records: TapeRecord[]): number {
    if (this.fault !== undefined || this.inbox.length > 0) return 0;
    this.isLent = this.lends;
    const cut = this.frames(bytes, (record) => records.push(record));
    this.isLent = false;
    if (cut.kind === "malformed") this.fault = cut.reason;
    return cut.kind === "frame" ? cut.length : 0;
  }

  /** Reads every whole frame at once: one cut of the inbox. */
  private frames(held: Uint8Array, look: Look): Cut<undefined> {
    let at = 0;
    for (;;) {
      const start = shortFrame(held, at, held.length);
      if (start > 0) {
        const next = start + shortLength(held, at);
        const reason = this.frame(held, start, next, look);
        if (reason !== undefined) return { kind: "malformed", reason };
        at = next;
        continue;
      }
      const found = findFrame(held, at, held.length);
      if (found.kind === "malformed") return found;
      if (found.kind === "incomplete") {
        return at === 0 ? INCOMPLETE : { kind: "frame", frame: undefined, length: at };
      }
      const reason =
        found.kind === "preamble"
          ? this.preamble()
          : this.frame(held, found.start, found.next, look);
      if (reason !== undefined) return { kind: "malformed", reason };
      at = found.next;
    }
  }

  private preamble(): string | undefined {
    if (this.expected === "header") return "a preamble without a header";
    this.expected = "header";
    this.texts.clear();
    this.operations.length = 0;
    this.likes.clear();
    this.judgedAlike.clear();
    this.decisionLast = 0;
    return undefined;
  }

  private frame(held: Uint8Array, start: number, end: number, look: Look): string | undefined {
    const cursor = this.cursor;
    cursor.enter(held, start, end);
    const kind = cursor.byte();
    if (kind === FRAME.header) this.readHeader();
    else if (this.expected === "preamble" || this.expected === "header") {
      cursor.fail("a tape begins with its preamble and header");
    } else if (kind === FRAME.position) this.readPosition();
    else if (this.expected === "position") cursor.fail("a segment's records have no position");
    else this.readRecord(kind, look);
    if (cursor.fault === undefined && cursor.left > 0) return "frame is longer than its record";
    return cursor.fault;
  }

  private readHeader(): void {
    const inPlace = this.expected === "header";
    const header = inPlace ? parseHeader(readValue(this.cursor, this.texts)) : undefined;
    if (header === undefined) {
      this.cursor.fail(inPlace ? "header lacks what it must have" : "header in the wrong place");
      return;
    }
    this.headerLast = header;
    this.expected = "position";
  }

  private readPosition(): void {
    this.sequenceNext = this.cursor.varint();
    this.us = this.cursor.varint();
    this.wallOffsetUs = this.cursor.varint() * 1000 - this.us;
    this.expected = "any";
  }

  private readRecord(kind: number, look: Look): void {
    const us = this.us + this.cursor.varint();
    if (this.visited?.passes(kind)) {
      this.cursor.skip(this.cursor.left);
      this.us = us;
      this.sequenceNext++;
      return;
    }
    const record = this.readBody(kind, us);
    if (record === undefined) this.cursor.fail("unknown kind of record");
    if (record === undefined || this.cursor.fault !== undefined) return;
    this.us = us;
    this.sequenceNext++;
    look(record);
  }

  private readBody(kind: number, us: number): TapeRecord | undefined {
    switch (kind) {
      case FRAME.bytesFromClient:
      case FRAME.likeFromClient:
        return this.readBytes(us, "client", kind === FRAME.likeFromClient);
      case FRAME.bytesFromAsset:
      case FRAME.likeFromAsset:
        return this.readBytes(us, "asset", kind === FRAME.likeFromAsset);
      case FRAME.verdict:
        return this.readVerdict(us);
      default: {
        const body = readRare(kind, this.cursor, this.texts);
        const [wallMs, monotonicMs] = [this.wallMsOf(us), us / 1000];
        return body && { sequence: this.sequenceNext, wallMs, monotonicMs, ...body };
      }
    }
  }

  private wallMsOf(us: number): number {
    return Math.floor((us + this.wallOffsetUs) / 1000);
  }

  /** Each record in one literal: there are thousands, and spreading one into another is slow. */
  private readBytes(us: number, from: "client" | "asset", like: boolean): TapeRecord {
    const channel = this.cursor.varint();
    const bytes = this.message(this.cursor.left);
    if (!this.likes.restore(from, bytes, like))
      this.cursor.fail("difference to a message that is not there");
    const [wallMs, monotonicMs] = [this.wallMsOf(us), us / 1000];
    const sequence = this.sequenceNext;
    const again = this.visited?.bytes;
    if (again === undefined)
      return { sequence, wallMs, monotonicMs, kind: "bytes", channel, from, bytes };
    again.sequence = sequence;
    again.wallMs = wallMs;
    again.monotonicMs = monotonicMs;
    again.channel = channel;
    again.from = from;
    again.bytes = bytes;
    return again;
  }

  private message(length: number): Uint8Array {
    if (length > LIKE_LENGTH_MAX) {
      return this.isLent ? this.cursor.view(length) : this.cursor.raw(length);
    }
    if (this.visited === undefined) return this.cursor.raw(length);
    const room = this.visited.room(length);
    this.cursor.into(room);
    return room;
  }

  private readVerdict(us: number): TapeRecord {
    const cursor = this.cursor;
    const channel = cursor.varint();
    const folded = cursor.varint();
    const step = folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
    const decision = this.decisionLast + step;
    const items = this.readItems();
    this.decisionLast = decision;
    const [wallMs, monotonicMs] = [this.wallMsOf(us), us / 1000];
    const sequence = this.sequenceNext;
    const again = this.visited?.verdict;
    if (again === undefined)
      return { sequence, wallMs, monotonicMs, kind: "verdict", channel, decision, items };
    again.sequence = sequence;
    again.wallMs = wallMs;
    again.monotonicMs = monotonicMs;
    again.channel = channel;
    again.decision = decision;
    again.items = items;
    return again;
  }

  private readItems(): readonly Judged[] {
    const cursor = this.cursor;
    const count = cursor.count(ITEMS_MAX);
    // One item by references alone, each of a byte: nothing else takes four.
    const name = count === 1 ? cursor.peek4() : undefined;
    const alike = name === undefined ? undefined : this.judgedAlike.get(name);
    if (alike !== undefined) {
      cursor.skip(cursor.left);
      return alike;
    }
    const items: Judged[] = [];
    for (let i = 0; i < count && cursor.fault === undefined; i++) items.push(this.readJudged());
    if (name !== undefined && cursor.fault === undefined) this.judgedAlike.set(name, items);
    return items;
  }

  private readJudged(): Judged {
    const head = this.cursor.byte();
    const operationClass = CLASSES[head >> 5];
    const answer = answerOf(head);
    if (operationClass === undefined || answer === undefined) this.cursor.fail("unknown answer");
    const operation = this.readOperation(operationClass ?? "observe");
    const rule = this.texts.read(this.cursor);
    return { operation, answer: answer ?? { kind: "permit" }, rule, reason: this.readText() };
  }

  private readText(): string {
    return this.texts.read(this.cursor);
  }

  private readOperation(operationClass: OperationClass): Operation {
    const cursor = this.cursor;
    const reference = cursor.varint();
    if (reference >= REFERENCE_FIRST) {
      const kept = this.operations[reference - REFERENCE_FIRST];
      if (kept?.class === operationClass) return kept;
      cursor.fail("reference to an operation that is not there");
      return { action: "", class: operationClass };
    }
    const length = cursor.varint();
    const leftAfter = cursor.left - length;
    const action = this.readText();
    const operation = { ...readFields(cursor, this.texts), action, class: operationClass };
    if (cursor.fault === undefined && cursor.left !== leftAfter) {
      cursor.fail("operation is not as long as it says");
    }
    if (reference === REFERENCE_KEEP) this.keep(operation);
    return operation;
  }

  private keep(operation: Operation): void {
    if (this.operations.length < OPERATIONS_MAX) this.operations.push(operation);
    else this.cursor.fail("too many kept operations");
  }
}

/** What is used again for each record of a kind while a segment is visited. */
class Visited {
  readonly bytes = { ...NOWHERE, kind: "bytes" as const, from: "client" as Side, bytes: NO_BYTES };
  readonly verdict = { ...NOWHERE, kind: "verdict" as const, decision: 0, items: NO_ITEMS };
  private readonly rooms: Uint8Array[] = [];
  private readonly passed: Side | undefined;

  constructor(passed: Side | undefined) {
    this.passed = passed;
  }

  passes(kind: number): boolean {
    if (kind === FRAME.bytesFromClient || kind === FRAME.likeFromClient)
      return this.passed === "client";
    return (
      this.passed === "asset" && (kind === FRAME.bytesFromAsset || kind === FRAME.likeFromAsset)
    );
  }

  /** For a short message of this length. */
  room(length: number): Uint8Array {
    const known = this.rooms[length];
    if (known !== undefined) return known;
    const room = new Uint8Array(length);
    this.rooms[length] = room;
    return room;
  }
}

const NOWHERE = { sequence: 0, wallMs: 0, monotonicMs: 0, channel: 0 };
const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_ITEMS: readonly Judged[] = [];

function answerOf(head: number): Answer | undefined {
  const kind = ANSWERS[head & 3];
  if (kind !== "deny") return kind === undefined ? undefined : { kind };
  const refusal = REFUSALS[(head >> 2) & 7];
  return refusal === undefined ? undefined : { kind, refusal };
}
