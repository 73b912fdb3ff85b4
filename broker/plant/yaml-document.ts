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

export interface YamlDocument {
  readonly root: ParsedNode | null;
  readonly report: ProblemReport;
}

/** Never throws; what is wrong stands in the report, and the root is then null. */
export function readYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const report = new ProblemReport(lines);
  if (Buffer.byteLength(text) > FILE_BYTES_MAX) {
    report.error(0, "", `the file is larger than ${FILE_BYTES_MAX} bytes; split the site`);
    return { root: null, report };
  }
  // uniqueKeys compares every key with every other; `Mapping` does it with a set.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    version: "1.2",
    schema: "core",
  });
  for (const error of document.errors) report.error(error.pos[0], "", explain(error));
  if (!report.failed) checkNodes(document.contents, report);
  return { root: report.failed ? null : document.contents, report };
}

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

/** Without recursion, so that depth costs no stack. */
function checkNodes(root: ParsedNode | null, report: ProblemReport): void {
  const open: Visit[] = [{ node: root, depth: 0 }];
  let nodes = 0;
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { node, depth } = visit;
    if (++nodes > NODES_MAX) {
      report.error(0, "", `the file has more than ${NODES_MAX} values; split the site`);
      return;
    }
    if (depth > DEPTH_MAX) {
      report.error(offsetOf(node), "", "nested too deeply to be a plant file");
      return;
    }
    refuseIndirection(node, report);
    // Pushed backwards, so that problems are found in the order of the file.
    if (isPair(node)) open.push({ node: node.value, depth }, { node: node.key, depth });
    if (isMap(node) || isSeq(node)) {
      for (const item of node.items.toReversed()) open.push({ node: item, depth: depth + 1 });
    }
  }
}

function refuseIndirection(node: unknown, report: ProblemReport): void {
  if (isAlias(node)) {
    report.error(offsetOf(node), "", "aliases (*) are not taken here; write the value out");
  } else if (isScalar(node) || isMap(node) || isSeq(node)) {
    if (node.anchor !== undefined) {
      report.error(offsetOf(node), "", "anchors (&) are not taken here; write the value out");
    }
    if (node.tag !== undefined) {
      report.error(offsetOf(node), "", "YAML tags (!) are not taken here; write the plain value");
    }
  }
}

function offsetOf(node: unknown): number {
  return isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0;
}
