/**
 * YAML text to a checked tree of nodes with places.
 *
 * Only plain YAML 1.2 is taken: no anchors, aliases, tags, merge keys or second documents. What a
 * reviewer reads in a line is what is in force, and a small file cannot unfold into a large one.
 */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type YAMLError,
} from "yaml";
import { DEPTH_MAX, FILE_BYTES_MAX, NODES_MAX } from "./plant-limits.ts";
import { ProblemReport } from "./plant-problem.ts";
import {
  cutText,
  type ListPiece,
  type PiecedField,
  PiecedList,
  PiecedMap,
  type Section,
} from "./yaml-pieces.ts";

/** Of a file that is read in pieces, in characters: some ten assets, which are gone when the next come. */
const PIECE_LENGTH = 16 * 1024;
/** What is not cut needs some eighty times as much memory while it is read. */
const WHOLE_LENGTH_MAX = 6 * 1024 * 1024;

export interface YamlDocument {
  readonly root: ParsedNode | PiecedMap | null;
  readonly report: ProblemReport;
}

/**
 * Never throws; what is wrong stands in the report, and the root is then null. Of a large file the
 * long lists are read when their items are come to, and what is wrong there is reported then.
 */
export function readYaml(text: string, pieceLength = PIECE_LENGTH): YamlDocument {
  const report = new ProblemReport(linesOf(text));
  if (Buffer.byteLength(text) > FILE_BYTES_MAX) {
    report.breaks(0, `the file is larger than ${FILE_BYTES_MAX} bytes; split the site`);
    return { root: null, report };
  }
  const reader = new PieceReader(text, report);
  const sections = text.length > pieceLength ? cutText(text, pieceLength) : undefined;
  if (!sections && text.length > WHOLE_LENGTH_MAX) report.breaks(0, NOT_CUT);
  if (report.failed) return { root: null, report };
  const root = sections ? reader.sections(sections) : reader.read(0, text.length, 0);
  return { root: report.failed ? null : root, report };
}

const NOT_CUT =
  "a file of this size is written in block style: keys without quotes at the beginning of a line, and the items of a list below each other with `- `";

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    lines.addNewLine(at + 1);
  }
  return lines;
}

class PieceReader {
  private readonly text: string;
  private readonly report: ProblemReport;
  /** Values read so far, over all pieces. */
  private nodes = 0;

  constructor(text: string, report: ProblemReport) {
    this.text = text;
    this.report = report;
  }

  sections(sections: readonly Section[]): PiecedMap {
    return new PiecedMap(sections.flatMap((section) => this.fields(section)));
  }

  private fields({ from, to, list }: Section): readonly PiecedField[] {
    const report = this.report.piece(from);
    const root = this.read(from, list?.from ?? to, 0);
    if (!isMap(root)) return [];
    return root.items.map((pair) => {
      const key = pair.key as ParsedNode;
      if (!list) return { key, value: (pair.value ?? null) as ParsedNode | null, report };
      const read = (piece: ListPiece) => this.listPiece(piece);
      return { key, value: new PiecedList(list.from - from, list.pieces, read), report };
    });
  }

  private listPiece({ from, to, items }: ListPiece) {
    const report = this.report.piece(from);
    const root = this.read(from, to, LIST_DEPTH);
    const nodes = isSeq(root) ? (root.items as ParsedNode[]) : [];
    // It would be another list than the one that is read whole: never taken for it.
    if (nodes.length !== items && !report.failed)
      report.breaks(0, "these items of a list cannot be told apart");
    return { nodes, report };
  }

  /** Null where it cannot be read, or holds nothing. */
  read(from: number, to: number, depth: number): ParsedNode | null {
    const report = this.report.piece(from);
    // uniqueKeys compares every key with every other; `Mapping` does it with a set.
    const document = parseDocument(this.text.slice(from, to), {
      prettyErrors: false,
      uniqueKeys: false,
      version: "1.2",
      schema: "core",
    });
    for (const error of document.errors) report.breaks(error.pos[0], explain(error));
    if (document.errors.length > 0) return null;
    this.nodes = checkNodes(document.contents, report, { depth, nodes: this.nodes });
    return document.contents;
  }
}

/** Of the list that a top-level key has. */
const LIST_DEPTH = 1;

function explain(error: YAMLError): string {
  if (error.code === "MULTIPLE_DOCS")
    return "a plant file is one document; remove the second `---`";
  if (error.code === "TAB_AS_INDENT") return "indent with spaces, not with tabs";
  if (error.message.includes("call stack")) return "nested too deeply to be a plant file";
  return `this is not valid YAML: ${error.message.split("\n")[0]}`;
}

interface Visit {
  readonly node: unknown;
  readonly depth: number;
}

/**
 * Without recursion, so that depth costs no stack.
 * @returns how many values there are by now
 */
function checkNodes(
  root: ParsedNode | null,
  report: ProblemReport,
  before: { readonly depth: number; readonly nodes: number },
): number {
  const open: Visit[] = [{ node: root, depth: before.depth }];
  let { nodes } = before;
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { node, depth } = visit;
    if (++nodes > NODES_MAX) {
      report.breaks(0, `the file has more than ${NODES_MAX} values; split the site`);
      return nodes;
    }
    if (depth > DEPTH_MAX) {
      report.breaks(offsetOf(node), "nested too deeply to be a plant file");
      return nodes;
    }
    refuseIndirection(node, report);
    // Pushed backwards, so that problems are found in the order of the file.
    if (isPair(node)) open.push({ node: node.value, depth }, { node: node.key, depth });
    if (isMap(node) || isSeq(node)) {
      for (const item of node.items.toReversed()) open.push({ node: item, depth: depth + 1 });
    }
  }
  return nodes;
}

function refuseIndirection(node: unknown, report: ProblemReport): void {
  if (isAlias(node)) {
    report.breaks(offsetOf(node), "aliases (*) are not taken here; write the value out");
  } else if (isScalar(node) || isMap(node) || isSeq(node)) {
    if (node.anchor !== undefined) {
      report.breaks(offsetOf(node), "anchors (&) are not taken here; write the value out");
    }
    if (node.tag !== undefined) {
      report.breaks(offsetOf(node), "YAML tags (!) are not taken here; write the plain value");
    }
  }
}

function offsetOf(node: unknown): number {
  return isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0;
}
