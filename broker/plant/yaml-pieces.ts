/**
 * Where a large file may be cut, so that a piece of it is read at a time: YAML needs some eighty
 * times a text's length of memory while it is read, and a works of 10,000 assets is 25 MB.
 *
 * A file in block style is cut between its top-level keys, and the list of a long one between its
 * items: YAML 1.2 lets nothing that belongs to an item begin as far to the left as the item does
 * (8.2.1, and 6.1 for what goes on over lines). Whatever has another shape is not cut.
 */
import type { ParsedNode } from "yaml";
import type { ProblemReport } from "./plant-problem.ts";

/** Of a text, in characters. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Whole items of a list. */
export interface ListPiece extends Span {
  readonly items: number;
}

/** A top-level key with its value. */
export interface Section extends Span {
  /** Present where it is a long list: `from` to `listFrom` is its key alone. */
  readonly list?: { readonly from: number; readonly pieces: readonly ListPiece[] };
}

export interface PieceRead {
  /** Place of the first of these in the list. */
  readonly first: number;
  readonly nodes: readonly ParsedNode[];
  readonly report: ProblemReport;
}

/** A list of which a piece is in memory at a time. */
export class PiecedList {
  readonly range: readonly [number];
  private readonly cut: readonly ListPiece[];
  private readonly read: (piece: ListPiece) => Omit<PieceRead, "first">;

  /** @param offset of the list, where messages point to */
  constructor(
    offset: number,
    cut: readonly ListPiece[],
    read: (piece: ListPiece) => Omit<PieceRead, "first">,
  ) {
    this.range = [offset];
    this.cut = cut;
    this.read = read;
  }

  get length(): number {
    return this.cut.reduce((sum, { items }) => sum + items, 0);
  }

  *pieces(): Iterable<PieceRead> {
    let first = 0;
    for (const piece of this.cut) {
      yield { first, ...this.read(piece) };
      first += piece.items;
    }
  }
}

/** A file in pieces, of which the short ones have been read. */
export class PiecedMap {
  readonly range: readonly [number] = [0];
  readonly fields: readonly PiecedField[];

  constructor(fields: readonly PiecedField[]) {
    this.fields = fields;
  }
}

export interface PiecedField {
  readonly key: ParsedNode;
  readonly value: ParsedNode | PiecedList | null;
  readonly report: ProblemReport;
}

/**
 * @param pieceLength of a piece, in characters; only one item may be longer
 * @returns undefined where it is not of the shape that can be cut
 */
export function cutText(text: string, pieceLength: number): readonly Section[] | undefined {
  const starts: number[] = [];
  for (const line of linesOf(text, 0, text.length)) {
    if (line === "unclear") return undefined;
    if (starts.length > 0 && (line.indent > 0 || line.isItem)) continue;
    if (line.indent === 0 && isKey(text, line.at)) starts.push(line.at);
    else if (starts.length > 0 || !isDocumentStart(text, line)) return undefined;
  }
  const sections: Section[] = [];
  for (const [n, from] of starts.entries()) {
    const section = { from, to: starts[n + 1] ?? text.length };
    if (section.to - section.from <= pieceLength) sections.push(section);
    else {
      const list = cutList(text, section, pieceLength);
      if (!list) return undefined;
      sections.push({ ...section, list });
    }
  }
  return sections;
}

function cutList(text: string, { from, to }: Span, pieceLength: number): Section["list"] {
  const headerTo = text.indexOf("\n", from) + 1;
  if (headerTo === 0 || !HEADER.test(text.slice(from, headerTo))) return undefined;
  const starts: number[] = [];
  let indent: number | undefined;
  for (const line of linesOf(text, headerTo, to)) {
    if (line === "unclear") return undefined;
    indent ??= line.indent;
    if (line.indent > indent) continue;
    if (line.indent < indent || !line.isItem) return undefined;
    starts.push(line.from);
  }
  return { from: headerTo, pieces: piecesOf(starts, to, pieceLength) };
}

function piecesOf(starts: readonly number[], to: number, pieceLength: number): ListPiece[] {
  const pieces: ListPiece[] = [];
  let [from, items] = [starts[0] ?? to, 0];
  for (const [n, start] of starts.entries()) {
    const end = starts[n + 1] ?? to;
    if (items > 0 && end - from > pieceLength) {
      pieces.push({ from, to: start, items });
      [from, items] = [start, 0];
    }
    items += 1;
  }
  if (items > 0) pieces.push({ from, to, items });
  return pieces;
}

/** A word of letters, as every key of these files is. */
const KEY = /[A-Za-z][\w-]*:(?=[ \r\n]|$)/y;
const HEADER = /^[A-Za-z][\w-]*:[ ]*(?:[ ]#.*)?\r?\n$/;
const DOCUMENT_START = /^---[ ]*(?:[ ]#.*)?\r?$/;

function isKey(text: string, at: number): boolean {
  KEY.lastIndex = at;
  return KEY.test(text);
}

function isDocumentStart(text: string, { at, to }: Line): boolean {
  return DOCUMENT_START.test(text.slice(at, to));
}

interface Line {
  /** Where it begins, its first character that is no space, and where it ends. */
  readonly from: number;
  readonly at: number;
  readonly to: number;
  readonly indent: number;
  /** It begins with `- `. */
  readonly isItem: boolean;
}

/** The lines that are not empty and no comment; `unclear` for one that begins with a tab. */
function* linesOf(text: string, from: number, to: number): Iterable<Line | "unclear"> {
  for (let start = from; start < to; ) {
    const found = text.indexOf("\n", start);
    const end = found === -1 || found > to ? to : found;
    let at = start;
    while (at < end && text[at] === " ") at += 1;
    const first = at < end ? text[at] : "\r";
    if (first === "\t") yield "unclear";
    else if (first !== "\r" && first !== "#") {
      const isItem = first === "-" && (at + 1 >= end || " \r".includes(text[at + 1] ?? ""));
      yield { from: start, at, to: end, indent: at - start, isItem };
    }
    start = end + 1;
  }
}
