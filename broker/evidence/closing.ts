/** The one way a recording is closed, after a normal end, a kill or a crash alike. */
import type { Header } from "../../protocols/tape/record.ts";
import { treeRoot } from "../../protocols/tape/tree.ts";
import { type Close, FORMAT, type IndexLine } from "./descriptions.ts";
import { sha256 } from "./seal.ts";

/** What the lines of an index add up to; kept while recording instead of the lines. */
export interface Totals {
  readonly records: number;
  readonly bytes: number;
  readonly counts: IndexLine["counts"];
  readonly gaps: number;
  readonly missing: number;
  readonly gapCause: string | undefined;
  readonly end: IndexLine["end"];
  readonly sequenceNext: number;
  /** Number of the segment that comes after the last one in place. */
  readonly segmentNext: number;
  readonly endedMs: number;
  /** SHA-256 (hex) of each segment as on disk. */
  readonly hashes: readonly string[];
}

export const NOTHING: Totals = {
  records: 0,
  bytes: 0,
  counts: { observed: 0, changed: 0, refused: 0, held: 0 },
  gaps: 0,
  missing: 0,
  gapCause: undefined,
  end: undefined,
  sequenceNext: 0,
  segmentNext: 0,
  endedMs: 0,
  hashes: [],
};

export function addLine(totals: Totals, line: IndexLine): Totals {
  const some = line.records > 0;
  return {
    records: totals.records + line.records,
    bytes: totals.bytes + line.bytes,
    counts: addCounts(totals.counts, line.counts),
    gaps: totals.gaps + line.gaps,
    missing:
      totals.missing +
      line.missing +
      (some ? Math.max(0, line.firstSequence - totals.sequenceNext) : 0),
    gapCause: totals.gapCause ?? line.gapCause,
    end: some ? line.end : totals.end,
    sequenceNext: some ? line.lastSequence + 1 : totals.sequenceNext,
    segmentNext: line.number + 1,
    endedMs: some ? line.lastMs : totals.endedMs,
    hashes: [...totals.hashes, line.sha256],
  };
}

/** @param abortedBecause said of a recording whose tape has no end. */
export function closeOf(
  header: Header,
  totals: Totals,
  abortedBecause: string,
  build: string,
): Close {
  return {
    format: FORMAT,
    session: header.session,
    build,
    ...stateOf(totals, abortedBecause),
    ...(totals.end === undefined ? {} : { end: totals.end }),
    segments: totals.hashes.length,
    records: totals.records,
    bytes: totals.bytes,
    startedMs: wholeMs(header.startedMs),
    endedMs: totals.records > 0 ? totals.endedMs : wholeMs(header.startedMs),
    counts: totals.counts,
    gaps: totals.gaps,
    missing: totals.missing,
    root: rootOf(totals.hashes),
  };
}

/** `sealed` takes an end, and every record up to it. */
function stateOf(totals: Totals, abortedBecause: string): Pick<Close, "state" | "cause"> {
  if (totals.end === undefined) return { state: "aborted", cause: abortedBecause };
  if (totals.gaps === 0 && totals.missing === 0) {
    return { state: "sealed", cause: totals.end.reason || totals.end.rule };
  }
  if (totals.missing === 0) return { state: "gap", cause: totals.gapCause ?? UNKNOWN_GAP };
  const lost =
    totals.missing === 1 ? "1 record is missing" : `${totals.missing} records are missing`;
  return { state: "gap", cause: `${lost}: ${totals.gapCause ?? UNKNOWN_GAP}` };
}

const UNKNOWN_GAP = "they could not be recovered.";

/** Root (hex) over the hashes (hex) of segments in place. */
export function rootOf(hashes: readonly string[]): string {
  const leaves = hashes.map((hash) => new Uint8Array(Buffer.from(hash, "hex")));
  return Buffer.from(treeRoot(leaves, sha256)).toString("hex");
}

function addCounts(a: IndexLine["counts"], b: IndexLine["counts"]): IndexLine["counts"] {
  return {
    observed: a.observed + b.observed,
    changed: a.changed + b.changed,
    refused: a.refused + b.refused,
    held: a.held + b.held,
  };
}

function wholeMs(ms: number): number {
  return Math.max(0, Math.floor(ms));
}
