/**
 * Writes records as bytes. Several encoders may share one writer: each call leaves whole frames.
 *
 * Hot: a polled read is three calls here. They write straight into the buffer, compare a repeated
 * operation with the one kept under its key, and allocate nothing: so places of arrays are asked
 * for by number here, since an iterator costs memory wherever the compiler does not see through it.
 */
import type { Answer, Operation, OperationClass, Side } from "../guard.ts";
import {
  type ByteWriter,
  putBytes,
  putVarint,
  VARINT_LENGTH_MAX,
  varintLength,
} from "./byte-writer.ts";
import {
  ANSWERS,
  CLASSES,
  FRAME,
  FRAME_LENGTH_MAX,
  ITEMS_MAX,
  LIKE_LENGTH_MAX,
  OPERATIONS_MAX,
  PREAMBLE,
  REFERENCE_FIRST,
  REFERENCE_INLINE,
  REFERENCE_KEEP,
  REFUSALS,
  WALL_TOLERANCE_MS,
} from "./codec.ts";
import { Likes } from "./likes.ts";
import { writeRare } from "./rare.ts";
import { type Header, type Judged, TAPE_VERSION, type TapeBody } from "./record.ts";
import { TextsWritten } from "./texts.ts";
import { writeFields, writeValue } from "./value.ts";

type BytesBody = Extract<TapeBody, { kind: "bytes" }>;
type VerdictBody = Extract<TapeBody, { kind: "verdict" }>;

/** An operation kept under its key, with what is needed to see that another one equals it. */
interface Kept {
  readonly reference: number;
  readonly operation: Operation;
  readonly fields: number;
}

/** Something judged before, and how it was written: by references alone, in up to eight bytes. */
interface Lately {
  readonly item: Judged;
  readonly length: number;
  /** Its bytes, the first in the lowest bits: numbers, since an array of each would be memory more. */
  readonly low: number;
  readonly high: number;
}

/** Polls of a workbench that take turns; longer than by references nothing is kept. */
const LATELY_MAX = 8;
const LATELY_LENGTH_MAX = 8;

export class TapeEncoder {
  private readonly out: ByteWriter;
  private readonly texts = new TextsWritten();
  private readonly operations = new Map<number, Kept>();
  /** The one used last, and the others. */
  private last: Lately | undefined;
  private lately: Lately[] = NONE;
  private readonly likes = new Likes();
  private header: Header | undefined;
  private placed = false;
  private sequenceNext = 0;
  private decisionLast = 0;
  private us = 0;
  /** Since the record before; what each record's frame begins with. */
  private passedUs = 0;
  private wallOffsetUs = 0;

  constructor(out: ByteWriter) {
    this.out = out;
  }

  /** Times of the last record as a reader will see them. */
  get monotonicMs(): number {
    return this.us / 1000;
  }

  get wallMs(): number {
    return Math.floor((this.us + this.wallOffsetUs) / 1000);
  }

  /** Starts a segment: preamble and header. Nothing defined before is used after it. */
  begin(header: Header): void {
    this.texts.clear();
    this.operations.clear();
    this.last = undefined;
    this.lately = NONE;
    this.likes.clear();
    this.header = header;
    this.placed = false;
    this.decisionLast = 0;
    for (const byte of PREAMBLE) this.out.byte(byte);
    this.out.byte(TAPE_VERSION);
    const start = this.out.openLength();
    this.out.byte(FRAME.header);
    writeValue(this.out, this.texts, header);
    this.close(start);
  }

  /**
   * Writes one record. Throws, and leaves no trace of it, if the record cannot be encoded: too
   * long, or values that no tape can hold.
   */
  append(sequence: number, wallMs: number, monotonicMs: number, body: TapeBody): void {
    if (this.header === undefined) throw new Error("a tape begins with its header");
    const start = this.out.length;
    try {
      this.place(sequence, wallMs, Math.max(0, Math.round(monotonicMs * 1000)));
      if (body.kind === "bytes") this.bytes(body);
      else if (body.kind === "verdict") this.verdict(body);
      else this.rare(body);
    } catch (error) {
      this.out.length = start;
      // What the failed record defined is unknown to a reader: start afresh.
      this.begin(this.header);
      throw error;
    }
    this.sequenceNext = sequence + 1;
  }

  private place(sequence: number, wallMs: number, us: number): void {
    if (this.placed && sequence === this.sequenceNext && us >= this.us) {
      const derivedMs = (us + this.wallOffsetUs) / 1000;
      if (Math.abs(derivedMs - wallMs) <= WALL_TOLERANCE_MS) {
        this.passedUs = us - this.us;
        this.us = us;
        return;
      }
    }
    const wholeWallMs = Math.max(0, Math.floor(wallMs));
    const start = this.out.openLength();
    this.out.byte(FRAME.position);
    this.out.varint(sequence);
    this.out.varint(us);
    this.out.varint(wholeWallMs);
    this.out.closeLength(start);
    this.placed = true;
    this.passedUs = 0;
    this.us = us;
    this.wallOffsetUs = wholeWallMs * 1000 - us;
  }

  private bytes(body: BytesBody): void {
    const { bytes, from, channel } = body;
    const length = 1 + varintLength(this.passedUs) + varintLength(channel) + bytes.length;
    if (length > FRAME_LENGTH_MAX) throw new RangeError("message is too long for a tape");
    const out = this.out;
    out.reserve(length + VARINT_LENGTH_MAX);
    const target = out.bytes;
    let at = putVarint(target, out.length, length);
    const kindAt = at++;
    at = putVarint(target, at, this.passedUs);
    at = putVarint(target, at, channel);
    const like = this.putMessage(target, at, from, bytes);
    target[kindAt] = kindOfBytes(from, like);
    out.length = at + bytes.length;
  }

  private putMessage(target: Uint8Array, at: number, from: Side, bytes: Uint8Array): boolean {
    if (bytes.length > LIKE_LENGTH_MAX) {
      putBytes(target, at, bytes);
      return false;
    }
    return this.likes.put(from, target, at, bytes);
  }

  private verdict(body: VerdictBody): void {
    const only = body.items[0];
    const known = body.items.length === 1 && only !== undefined ? this.findLately(only) : undefined;
    if (known === undefined) this.verdictAnew(body);
    else this.verdictAgain(body, known);
    this.decisionLast = body.decision;
  }

  private verdictAnew(body: VerdictBody): void {
    const out = this.out;
    const start = this.open(FRAME.verdict, body.channel);
    const step = body.decision - this.decisionLast;
    out.varint(step < 0 ? -step * 2 - 1 : step * 2);
    if (body.items.length > ITEMS_MAX) throw new RangeError("verdict on too many items");
    out.varint(body.items.length);
    for (const item of body.items) this.judged(item, body.items.length === 1);
    this.close(start);
  }

  /** A poll is judged the same again and again, and those who judge give the very same value then. */
  private findLately(item: Judged): Lately | undefined {
    if (this.last?.item === item) return this.last;
    const { lately } = this;
    for (let at = 0; at < lately.length; at++) {
      const known = lately[at];
      if (known?.item !== item) continue;
      this.last = known;
      return known;
    }
    return undefined;
  }

  private verdictAgain({ channel, decision }: VerdictBody, item: Lately): void {
    const { out, passedUs } = this;
    const step = decision - this.decisionLast;
    const folded = step < 0 ? -step * 2 - 1 : step * 2;
    const head = 1 + varintLength(passedUs) + varintLength(channel);
    const length = head + varintLength(folded) + 1 + item.length;
    out.reserve(length + VARINT_LENGTH_MAX);
    const target = out.bytes;
    let at = putVarint(target, out.length, length);
    target[at++] = FRAME.verdict;
    at = putVarint(target, at, passedUs);
    at = putVarint(target, at, channel);
    at = putVarint(target, at, folded);
    target[at++] = 1;
    out.length = putLately(target, at, item);
  }

  /** @param alone among several each is judged anew: that very value never comes again */
  private judged(item: Judged, alone: boolean): void {
    const { out } = this;
    const start = out.length;
    const kept = this.texts.size + this.operations.size;
    out.byte(headOf(item.answer, item.operation.class));
    this.operation(item.operation);
    this.texts.write(out, item.rule);
    this.texts.write(out, item.reason);
    if (!alone) return;
    const length = out.length - start;
    const isNew = this.texts.size + this.operations.size > kept;
    if (isNew || length > LATELY_LENGTH_MAX || item.operation.key === undefined) return;
    if (this.findLately(item) !== undefined) return;
    const bytes = { item, length, ...wordsOf(out.bytes, start, length) };
    if (this.lately === NONE) this.lately = [];
    else if (this.lately.length === LATELY_MAX) this.lately.shift();
    this.lately.push(bytes);
    this.last = bytes;
  }

  private operation(operation: Operation): void {
    const key = operation.key;
    const kept = key === undefined ? undefined : this.operations.get(key);
    if (kept !== undefined && isSame(kept, operation)) {
      this.out.varint(kept.reference);
      return;
    }
    const keep =
      key !== undefined &&
      kept === undefined &&
      this.operations.size < OPERATIONS_MAX &&
      isFlat(operation);
    this.out.byte(keep ? REFERENCE_KEEP : REFERENCE_INLINE);
    this.define(operation);
    if (keep) {
      const reference = this.operations.size + REFERENCE_FIRST;
      this.operations.set(key, { reference, operation, fields: Object.keys(operation).length });
    }
  }

  private define(operation: Operation): void {
    const { action, class: _, ...fields } = operation;
    const start = this.out.openLength();
    this.texts.write(this.out, action);
    writeFields(this.out, this.texts, Object.entries(fields));
    this.out.closeLength(start);
  }

  private rare(body: Exclude<TapeBody, BytesBody | VerdictBody>): void {
    const start = this.out.openLength();
    this.out.byte(FRAME[body.kind]);
    this.out.varint(this.passedUs);
    writeRare(this.out, this.texts, body);
    this.close(start);
  }

  private open(kind: number, channel: number): number {
    const start = this.out.openLength();
    this.out.byte(kind);
    this.out.varint(this.passedUs);
    this.out.varint(channel);
    return start;
  }

  private close(start: number): void {
    if (this.out.length - start > FRAME_LENGTH_MAX) {
      throw new RangeError("record is too long for a tape");
    }
    this.out.closeLength(start);
  }
}

/** Never changed. */
const NONE: Lately[] = [];

/** Up to eight bytes as two numbers. */
function wordsOf(bytes: Uint8Array, start: number, length: number): { low: number; high: number } {
  const words = [0, 0];
  for (let n = 0; n < length; n++) {
    words[n >> 2] = (words[n >> 2] ?? 0) | ((bytes[start + n] ?? 0) << (8 * (n & 3)));
  }
  const [low = 0, high = 0] = words;
  return { low, high };
}

function putLately(target: Uint8Array, at: number, { length, low, high }: Lately): number {
  for (let n = 0; n < length; n++) target[at + n] = (n < 4 ? low : high) >> (8 * (n & 3));
  return at + length;
}

function kindOfBytes(from: Side, like: boolean): number {
  if (from === "client") return like ? FRAME.likeFromClient : FRAME.bytesFromClient;
  return like ? FRAME.likeFromAsset : FRAME.bytesFromAsset;
}

/** Answer in 2 bits, refusal in 3, class in 3: enough to count without decoding the operation. */
function headOf(answer: Answer, operationClass: OperationClass): number {
  const refusal = answer.kind === "deny" ? REFUSALS.indexOf(answer.refusal) : 0;
  return ANSWERS.indexOf(answer.kind) | (refusal << 2) | (CLASSES.indexOf(operationClass) << 5);
}

/**
 * Keys come from guards and may collide between the protocols of a session, and the tape must
 * say what really was asked: so a key only finds the candidate, the fields decide.
 */
function isSame(kept: Kept, operation: Operation): boolean {
  if (kept.operation === operation) return true;
  const known = kept.operation as unknown as Record<string, unknown>;
  const asked = operation as unknown as Record<string, unknown>;
  let fields = 0;
  for (const name in asked) {
    if (known[name] !== asked[name]) return false;
    fields++;
  }
  return fields === kept.fields;
}

function isFlat(operation: Operation): boolean {
  return Object.values(operation).every((value) => typeof value !== "object" || value === null);
}
