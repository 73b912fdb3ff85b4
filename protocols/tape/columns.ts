/**
 * A segment taken apart for compression: times of records are nearly noise and stand between
 * texts that repeat, so that each spoils the other. Apart, the repeating part shrinks to almost
 * nothing and the times to their real information.
 *
 *     packed = 00 53 50 43 01 length(4) * 7 column * 7     "SPC", the version; lengths big-endian
 *     columns = low, high of the times of requests, of replies, of other records; body
 *
 * `body` is the segment without the varint of the time that follows each record's kind. A time is
 * written as its zigzag difference to the last one of its class: the low byte in one column, what
 * is above it as a varint in another. Nothing is lost: unpacked it is the same bytes.
 */
import { ByteWriter, putVarint, VARINT_LENGTH_MAX, varintLength } from "./byte-writer.ts";
import { FRAME } from "./codec.ts";
import { findFrame, shortFrame, shortLength } from "./frame.ts";

/** Times of one class resemble each other: requests come by a period, replies by a latency. */
const CLASSES = 3;
const COLUMNS = 2 * CLASSES + 1;
const MAGIC: readonly number[] = [0x00, 0x53, 0x50, 0x43, 0x01];
const HEAD_LENGTH = MAGIC.length + 4 * COLUMNS;

/**
 * The parts of the packed segment, which compress best one by one: head and columns. One part, as
 * it is, where it is no segment that the encoder would write. Good until the next call: the room
 * that all this takes, eight times the segment, is kept and used again.
 * @param isSame how long runs of bytes are compared, where the machine has a quicker way
 */
export function packSegment(plain: Uint8Array, isSame: IsSame = loops): readonly Uint8Array[] {
  const columns = splitColumns(plain);
  if (columns === undefined || !joinTo(columns, plain, isSame)) return [plain];
  const out = new ByteWriter(HEAD_LENGTH);
  for (const byte of MAGIC) out.byte(byte);
  for (const { length } of columns) {
    for (const shift of [24, 16, 8, 0]) out.byte((length >>> shift) & 0xff);
  }
  return [out.take(), ...columns];
}

/** What was packed; what was not passes as it is. Undefined if it is damaged or too long. */
export function unpackSegment(packed: Uint8Array, lengthMax: number): Uint8Array | undefined {
  if (!MAGIC.every((byte, i) => packed[i] === byte)) return packed;
  if (packed.length < HEAD_LENGTH) return undefined;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const columns: Uint8Array[] = [];
  let at = HEAD_LENGTH;
  for (let i = 0; i < COLUMNS; i++) {
    const length = view.getUint32(MAGIC.length + 4 * i);
    if (length > packed.length - at) return undefined;
    columns.push(packed.subarray(at, at + length));
    at += length;
  }
  return joinColumns(columns, lengthMax);
}

/** Longer than those of any segment but one with a single huge record; such room is not kept. */
const KEPT_MAX = 4 * 1024 * 1024;

const split = Array.from({ length: COLUMNS }, () => new ByteWriter(0));

function begin(writer: ByteWriter, lengthFirst: number): ByteWriter {
  const isTooLong = writer.bytes.length > KEPT_MAX;
  writer.length = 0;
  if (isTooLong || writer.bytes.length === 0) writer.bytes = new Uint8Array(lengthFirst);
  return writer;
}

/** Pairs of columns of each class, then the body. */
type Columns = readonly Uint8Array[];

function classOf(kind: number): number {
  if (kind === FRAME.bytesFromClient || kind === FRAME.likeFromClient) return 0;
  return kind === FRAME.bytesFromAsset || kind === FRAME.likeFromAsset ? 1 : 2;
}

/** These begin with the time since the record before; headers and positions do not. */
function hasTime(kind: number): boolean {
  return kind >= FRAME.bytesFromClient && kind <= FRAME.end;
}

/** Undefined for what is no whole segment as the encoder writes it. */
function splitColumns(plain: Uint8Array): Columns | undefined {
  const columns = split.map((writer) => begin(writer, plain.length >> 2));
  const times = columns;
  const body = columns[2 * CLASSES];
  const last = new Array<number>(CLASSES).fill(0);
  let copied = 0;
  for (let at = 0; at < plain.length; ) {
    let start = shortFrame(plain, at, plain.length);
    if (start > 0) at = start + shortLength(plain, at);
    else {
      const found = findFrame(plain, at, plain.length);
      if (found.kind === "incomplete" || found.kind === "malformed") return undefined;
      at = found.next;
      if (found.kind === "preamble") continue;
      start = found.start;
    }
    const kind = plain[start] ?? 0;
    if (!hasTime(kind)) continue;
    const time = readVarint(plain, start + 1, at);
    if (time === undefined) return undefined;
    body?.range(plain, copied, start + 1);
    copied = start + 1 + varintLength(time);
    const group = classOf(kind);
    putTime(times[2 * group], times[2 * group + 1], zigzag(time - (last[group] ?? 0)));
    last[group] = time;
  }
  body?.range(plain, copied, plain.length);
  return columns.map(({ bytes, length }) => bytes.subarray(0, length));
}

function putTime(low: ByteWriter | undefined, high: ByteWriter | undefined, folded: number): void {
  low?.byte(folded & 0xff);
  if (folded < 0x8000) high?.byte(folded >> 8);
  else if (high !== undefined) {
    high.reserve(VARINT_LENGTH_MAX);
    high.length = putVarint(high.bytes, high.length, Math.floor(folded / 0x100));
  }
}

/** In an array of its own. Undefined for columns that were never split. */
function joinColumns(columns: Columns, lengthMax: number): Uint8Array | undefined {
  const out = new ByteWriter((columns[2 * CLASSES]?.length ?? 0) * 2);
  return join(columns, lengthMax, out) ? out.take() : undefined;
}

/** Whether they join to these very bytes: they are compared as they would be written. */
function joinTo(columns: Columns, plain: Uint8Array, isSame: IsSame): boolean {
  const out = new Compared(plain, isSame);
  return join(columns, plain.length, out) && out.isSame && out.length === plain.length;
}

/** Whether the bytes from `start` to `end` are those of the other array from `at` on. */
export type IsSame = (
  bytes: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  at: number,
) => boolean;

/** Shorter runs are compared here: to ask takes longer. */
const RUN_MIN = 256;

function loops(bytes: Uint8Array, start: number, end: number, other: Uint8Array, at: number) {
  const by = at - start;
  let next = start;
  while (next < end && bytes[next] === other[next + by]) next++;
  return next >= end;
}

/** What a segment is put together in: a writer, or something that only compares. */
type Joined = Pick<ByteWriter, "range" | "varint"> & { readonly length: number };

class Compared implements Joined {
  length = 0;
  isSame = true;
  private readonly plain: Uint8Array;
  private readonly isSameRun: IsSame;
  private readonly room = new Uint8Array(VARINT_LENGTH_MAX);

  constructor(plain: Uint8Array, isSameRun: IsSame) {
    this.plain = plain;
    this.isSameRun = isSameRun;
  }

  range(bytes: Uint8Array, start: number, end: number): void {
    const { plain, length } = this;
    const isSame = end - start > RUN_MIN ? this.isSameRun : loops;
    if (!isSame(bytes, start, end, plain, length)) this.isSame = false;
    this.length = length + end - start;
  }

  varint(value: number): void {
    if (value < 0x80) {
      if (this.plain[this.length++] !== value) this.isSame = false;
    } else this.range(this.room, 0, putVarint(this.room, 0, value));
  }
}

/** False for columns that were never split, or are too long. */
function join(columns: Columns, lengthMax: number, out: Joined): boolean {
  const times = columns;
  const body = columns[2 * CLASSES] ?? new Uint8Array(0);
  const places = new Array<number>(2 * CLASSES).fill(0);
  const last = new Array<number>(CLASSES).fill(0);
  for (let at = 0; at < body.length && out.length <= lengthMax; ) {
    const head = headAt(body, at);
    if (head === undefined) return false;
    if (!hasTime(head.kind)) {
      if (head.end > body.length) return false;
      out.range(body, at, head.end);
      at = head.end;
      continue;
    }
    const group = classOf(head.kind);
    const low = times[2 * group]?.[places[2 * group] ?? 0];
    const high = readVarint(times[2 * group + 1], places[2 * group + 1] ?? 0);
    if (low === undefined || high === undefined) return false;
    places[2 * group] = (places[2 * group] ?? 0) + 1;
    places[2 * group + 1] = (places[2 * group + 1] ?? 0) + varintLength(high);
    const time = (last[group] ?? 0) + unfold(high * 0x100 + low);
    if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) return false;
    last[group] = time;
    const end = head.end - varintLength(time);
    if (end < head.start + 1 || end > body.length) return false;
    out.range(body, at, head.start + 1);
    out.varint(time);
    out.range(body, head.start + 1, end);
    at = end;
  }
  return out.length <= lengthMax;
}

interface Head {
  readonly kind: number;
  /** Where the kind stands, and where the frame would end with its time in it. */
  readonly start: number;
  readonly end: number;
}

/** The preamble counts as a frame without a time. */
const PREAMBLE_LENGTH = 5;

function headAt(body: Uint8Array, at: number): Head | undefined {
  if (body[at] === 0) return { kind: 0, start: at, end: at + PREAMBLE_LENGTH };
  const length = readVarint(body, at);
  if (length === undefined) return undefined;
  const start = at + varintLength(length);
  return { kind: body[start] ?? 0, start, end: start + length };
}

/** Undefined unless it is whole and as short as it can be. */
function readVarint(
  bytes: Uint8Array | undefined,
  start: number,
  end = bytes?.length ?? 0,
): number | undefined {
  const first = bytes?.[start] ?? 0;
  if (start < end && first < 0x80) return first;
  const second = bytes?.[start + 1] ?? 0;
  if (start + 1 < end && second < 0x80 && second > 0) return (first & 0x7f) | (second << 7);
  let value = 0;
  let scale = 1;
  for (let at = start; at < end && at < start + 8; at++) {
    const byte = bytes?.[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return varintLength(value) === at - start + 1 ? value : undefined;
    scale *= 0x80;
  }
  return undefined;
}

function zigzag(value: number): number {
  return value < 0 ? -value * 2 - 1 : value * 2;
}

function unfold(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
