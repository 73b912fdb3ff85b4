/**
 * Rows of the index side by side: a column an array, texts once each. It is what a search walks
 * through, and what is written, compressed and sealed.
 *
 *     length(4) head columns…      head: {"rows","points","texts"}, as JSON; the columns in the
 *                                  order below, little-endian, each padded to 8 bytes
 */
import { OPERATION_CLASSES } from "../../../protocols/guard.ts";
import { WORDS } from "../../../protocols/search/terms.ts";
import type { IndexedPoint, IndexedRow } from "./row.ts";

const ROW_COLUMNS = {
  sequence: Float64Array,
  untilSequence: Float64Array,
  atMs: Float64Array,
  untilMs: Float64Array,
  count: Uint32Array,
  action: Uint32Array,
  rule: Uint32Array,
  reason: Uint32Array,
  text: Uint32Array,
  file: Uint32Array,
  /** First of its points; they end where those of the next row begin. */
  pointsFrom: Uint32Array,
  item: Uint16Array,
  /** Position of the word plus one; 0 where there is none. */
  class: Uint8Array,
  verdict: Uint8Array,
  outcome: Uint8Array,
  flags: Uint8Array,
} as const;

const POINT_COLUMNS = {
  min: Float64Array,
  max: Float64Array,
  minSequence: Float64Array,
  maxSequence: Float64Array,
  tag: Uint32Array,
  address: Uint16Array,
  unit: Uint8Array,
  table: Uint8Array,
  width: Uint8Array,
} as const;

type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;
interface Kind {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Column;
  new (buffer: ArrayBuffer, start: number, length: number): Column;
}
type Kinds = Readonly<Record<string, Kind>>;
type Columns<K extends Kinds> = {
  readonly [name in keyof K]: InstanceType<K[name]>;
};

export interface Block {
  readonly rows: number;
  readonly points: number;
  readonly texts: readonly string[];
  readonly row: Columns<typeof ROW_COLUMNS>;
  readonly point: Columns<typeof POINT_COLUMNS>;
  /** What it takes in memory, about. */
  readonly bytes: number;
}

export const WAS_HELD = 1;
export const BY_BROKER = 2;

/** Rows of one block, far above what a segment holds; a damaged length must not ask for more. */
const ROWS_MAX = 4_000_000;

/** In the order of their places in the tape, whatever order they come in. */
export function makeBlock(unsorted: readonly IndexedRow[]): Block {
  const rows = [...unsorted].sort((a, b) => a.sequence - b.sequence || a.item - b.item);
  const points = rows.reduce((sum, row) => sum + row.points.length, 0);
  const texts = new Texts();
  const row = emptyColumns(ROW_COLUMNS, rows.length);
  const point = emptyColumns(POINT_COLUMNS, points);
  let pointAt = 0;
  rows.forEach((one, at) => {
    putRow(row, at, one, texts);
    row.pointsFrom[at] = pointAt;
    for (const touched of one.points) putPoint(point, pointAt++, touched, texts);
  });
  const sized = { rows: rows.length, points, texts: texts.all, row, point };
  return { ...sized, bytes: bytesOf(sized) };
}

export function encodeBlock({ rows, points, texts, row, point }: Block): Uint8Array {
  const head = Buffer.from(JSON.stringify({ rows, points, texts }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const parts: Uint8Array[] = [length, head, padding(4 + head.length)];
  for (const column of [...Object.values(row), ...Object.values(point)]) {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    parts.push(bytes, padding(bytes.length));
  }
  return Buffer.concat(parts);
}

/** Throws if the bytes are no block. */
export function decodeBlock(bytes: Uint8Array): Block {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headLength = buffer.readUInt32LE(0);
  const head: unknown = JSON.parse(buffer.toString("utf8", 4, 4 + headLength));
  const { rows, points, texts } = head as Pick<Block, "rows" | "points" | "texts">;
  if (!(rows <= ROWS_MAX && points >= 0 && Array.isArray(texts))) {
    throw new Error("no block of the search index");
  }
  const reader = { bytes, at: padded(4 + headLength) };
  const row = readColumns(ROW_COLUMNS, rows, reader);
  const point = readColumns(POINT_COLUMNS, points, reader);
  const sized = { rows, points, texts, row, point };
  return { ...sized, bytes: bytesOf(sized) };
}

/** One row as it was put in. */
export function rowAt(block: Block, at: number): IndexedRow {
  const { row, texts } = block;
  const text = (place: number | undefined) => texts[place ?? 0] ?? "";
  const flags = row.flags[at] ?? 0;
  const from = row.pointsFrom[at] ?? 0;
  const until = pointsEnd(block, at);
  return {
    sequence: row.sequence[at] ?? 0,
    item: row.item[at] ?? 0,
    atMs: row.atMs[at] ?? 0,
    untilSequence: row.untilSequence[at] ?? 0,
    untilMs: row.untilMs[at] ?? 0,
    count: row.count[at] ?? 0,
    class: OPERATION_CLASSES[(row.class[at] ?? 0) - 1],
    verdict: WORDS.verdict[(row.verdict[at] ?? 0) - 1],
    outcome: WORDS.outcome[(row.outcome[at] ?? 0) - 1],
    wasHeld: (flags & WAS_HELD) !== 0,
    byBroker: (flags & BY_BROKER) !== 0,
    action: text(row.action[at]),
    rule: text(row.rule[at]),
    reason: text(row.reason[at]),
    text: text(row.text[at]),
    file: text(row.file[at]),
    points: Array.from({ length: until - from }, (_, n) => pointAt(block, from + n)),
  };
}

export function pointsEnd({ row, rows, points }: Block, at: number): number {
  return at + 1 < rows ? (row.pointsFrom[at + 1] ?? 0) : points;
}

function pointAt({ point, texts }: Block, at: number): IndexedPoint {
  return {
    tag: texts[point.tag[at] ?? 0] ?? "",
    unit: point.unit[at] ?? 0,
    table: point.table[at] ?? 0,
    address: point.address[at] ?? 0,
    width: point.width[at] ?? 0,
    min: point.min[at] ?? Number.NaN,
    max: point.max[at] ?? Number.NaN,
    minSequence: point.minSequence[at] ?? 0,
    maxSequence: point.maxSequence[at] ?? 0,
  };
}

function putRow(row: Block["row"], at: number, one: IndexedRow, texts: Texts): void {
  row.sequence[at] = one.sequence;
  row.untilSequence[at] = one.untilSequence;
  row.atMs[at] = one.atMs;
  row.untilMs[at] = one.untilMs;
  row.count[at] = one.count;
  row.item[at] = one.item;
  row.class[at] = placeOf(WORDS.class, one.class);
  row.verdict[at] = placeOf(WORDS.verdict, one.verdict);
  row.outcome[at] = placeOf(WORDS.outcome, one.outcome);
  row.flags[at] = (one.wasHeld ? WAS_HELD : 0) | (one.byBroker ? BY_BROKER : 0);
  for (const name of ["action", "rule", "reason", "text", "file"] as const) {
    row[name][at] = texts.place(one[name]);
  }
}

function putPoint(point: Block["point"], at: number, one: IndexedPoint, texts: Texts): void {
  point.tag[at] = texts.place(one.tag);
  for (const name of ["min", "max", "minSequence", "maxSequence"] as const) {
    point[name][at] = one[name];
  }
  for (const name of ["address", "unit", "table", "width"] as const) point[name][at] = one[name];
}

function placeOf(words: readonly string[], word: string | undefined): number {
  return word === undefined ? 0 : words.indexOf(word) + 1;
}

/** The first is the empty one. */
class Texts {
  readonly all: string[] = [""];
  private readonly places = new Map<string, number>([["", 0]]);

  place(text: string): number {
    const known = this.places.get(text);
    if (known !== undefined) return known;
    this.places.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}

function emptyColumns<K extends Kinds>(kinds: K, length: number): Columns<K> {
  const made = Object.entries(kinds).map(([name, Kind]) => [name, new Kind(length)]);
  return Object.fromEntries(made) as Columns<K>;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function readColumns<K extends Kinds>(kinds: K, length: number, reader: Reader): Columns<K> {
  const made = Object.entries(kinds).map(([name, Kind]) => {
    const size = length * Kind.BYTES_PER_ELEMENT;
    if (!(reader.at + size <= reader.bytes.length)) throw new Error("a column is cut short");
    const start = reader.bytes.byteOffset + reader.at;
    reader.at = padded(reader.at + size);
    return [name, viewOf(Kind, reader.bytes, start, length)];
  });
  return Object.fromEntries(made) as Columns<K>;
}

/** In place where it is aligned, which it is for what `open` gives; else a copy. */
function viewOf(Kind: Kind, bytes: Uint8Array, start: number, length: number) {
  if (start % 8 === 0) return new Kind(bytes.buffer as ArrayBuffer, start, length);
  const copy = new Uint8Array(length * Kind.BYTES_PER_ELEMENT);
  copy.set(new Uint8Array(bytes.buffer, start, copy.length));
  return new Kind(copy.buffer, 0, length);
}

function padded(length: number): number {
  return (length + 7) & ~7;
}

function padding(length: number): Uint8Array {
  return new Uint8Array(padded(length) - length);
}

function bytesOf({ row, point, texts }: Pick<Block, "row" | "point" | "texts">): number {
  const columns = [...Object.values(row), ...Object.values(point)];
  const inColumns = columns.reduce((sum, column) => sum + column.byteLength, 0);
  return inColumns + texts.reduce((sum, text) => sum + 2 * text.length + 32, 0);
}
