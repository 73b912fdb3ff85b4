/**
 * The terms of a search as questions to columns. Texts are compared once for each that a block
 * has, not once a row; the rows then look up the answer.
 */
import { type Matches, matcherOf } from "../../../protocols/search/pattern.ts";
import {
  type Interval,
  isPatternField,
  isWordField,
  type PatternField,
  type RegisterRange,
  TABLES,
  type Term,
  WORDS,
} from "../../../protocols/search/terms.ts";
import { isIn } from "../../../protocols/search/values.ts";
import { type Block, pointsEnd, WAS_HELD } from "./block.ts";
import type { Summary } from "./summary.ts";

/** Fields of a term that its recording answers as a whole; the rest is asked of the rows. */
const OF_RECORDING: readonly string[] = [
  ...["by", "employer", "asset", "zone", "endpoint", "protocol", "profile"],
  ...["grant", "request", "ticket", "recording", "state"],
];

export function isOfRecording(term: Term): boolean {
  return OF_RECORDING.includes(term.field);
}

/** Where in a fold a value was: the record that asked for it. */
export interface Match {
  readonly row: number;
  readonly sequence: number;
}

type RowTest = (row: number) => boolean;
type PointTest = (point: number) => boolean;

/**
 * Points are asked together: with a tag, a register and a value, one point must have all three.
 * What must not be is asked of each by itself.
 */
export class RowFilter {
  private readonly terms: readonly Term[];
  private readonly pointTerms: readonly PointTerm[];
  /** The recording's own names answer a bare word too; see `anywhere`. */
  private readonly named: (matches: Matches) => boolean;

  constructor(terms: readonly Term[], named: (matches: Matches) => boolean = () => false) {
    const mine = terms.filter((term) => !isOfRecording(term));
    this.pointTerms = mine.filter(isPointTerm).filter((term) => !term.not);
    this.terms = mine.filter((term) => !isPointTerm(term) || term.not === true);
    this.named = named;
  }

  /** False if no row of the frame can match. */
  mayMatch(summary: Summary): boolean {
    if (summary.rows === 0) return false;
    if (this.pointTerms.length > 0 && !summary.points) return false;
    return [...this.terms, ...this.pointTerms].every((term) => mayMatch(term, summary));
  }

  /** Rows that match, last first, those before `place` only. */
  *matches(block: Block, until = block.rows): Generator<Match> {
    const test = allTest(this.terms.map((term) => this.rowTest(term, block)));
    const pointTest = this.pointTerms.length > 0 ? allOf(this.pointTerms, block) : undefined;
    const intervals = this.pointTerms.filter((term) => term.field === "value");
    for (let row = until - 1; row >= 0; row -= 1) {
      if (!test(row)) continue;
      const sequence = block.row.sequence[row] ?? 0;
      if (pointTest === undefined) {
        yield { row, sequence };
        continue;
      }
      const point = findPoint(block, row, pointTest);
      if (point !== undefined) yield { row, sequence: momentOf(block, point, intervals, sequence) };
    }
  }

  private rowTest(term: Term, block: Block): RowTest {
    if (isPointTerm(term)) {
      const test = pointTestOf(term, block);
      return (row) => findPoint(block, row, test) === undefined;
    }
    const test = this.plainTest(term, block);
    return "not" in term && term.not ? (row) => !test(row) : test;
  }

  private plainTest(term: Exclude<Term, PointTerm>, block: Block): RowTest {
    const { row } = block;
    if (term.field === "after") return (at) => (row.untilMs[at] ?? 0) >= term.atMs;
    if (term.field === "before") return (at) => (row.atMs[at] ?? 0) < term.atMs;
    if (isWordTerm(term)) return wordTest(term.field, term.any, block);
    return "any" in term ? this.textTest(term.field, term.any, block) : () => true;
  }

  private textTest(field: PatternField, patterns: readonly string[], block: Block): RowTest {
    if (field === "approver") return approverTest(patterns, block);
    const matches = anyOf(field, patterns);
    if (field === "any") return this.anywhere(matches, block);
    const column = block.row[field as "rule" | "action" | "reason" | "text" | "file"];
    if (column === undefined) return () => false;
    const hits = hitsOf(block, matches);
    return (at) => hits[column[at] ?? 0] === 1;
  }

  /** A bare word may stand in any text of the row, and in the names of its recording. */
  private anywhere(matches: Matches, block: Block): RowTest {
    if (this.named(matches)) return () => true;
    const hits = hitsOf(block, matches);
    const { action, rule, reason, text, file } = block.row;
    const columns = [action, rule, reason, text, file];
    const { tag } = block.point;
    return (at) =>
      columns.some((column) => hits[column[at] ?? 0] === 1) ||
      findPoint(block, at, (point) => hits[tag[point] ?? 0] === 1) !== undefined;
  }
}

type PointTerm = Extract<Term, { field: "value" | "unit" | "register" }> | TagTerm;
type TagTerm = {
  readonly field: "tag";
  readonly not?: true;
  readonly any: readonly string[];
};
type WordTerm = {
  readonly field: keyof typeof WORDS;
  readonly not?: true;
  readonly any: readonly string[];
};

interface PatternTerm {
  readonly field: PatternField;
  readonly any: readonly string[];
}

function isPatternTerm(term: Term): term is Term & PatternTerm {
  return isPatternField(term.field);
}

function isPointTerm(term: Term): term is Term & PointTerm {
  return ["tag", "value", "unit", "register"].includes(term.field);
}

function isWordTerm(term: Term): term is Term & WordTerm {
  return isWordField(term.field);
}

function anyOf(field: PatternField, patterns: readonly string[]): Matches {
  const all = patterns.map((pattern) => matcherOf(field, pattern));
  return (text) => text !== "" && all.some((matches) => matches(text));
}

/** For each text of the block, whether it matches. */
function hitsOf({ texts }: Block, matches: Matches): Uint8Array {
  return Uint8Array.from(texts, (text) => (matches(text) ? 1 : 0));
}

function wordTest(field: keyof typeof WORDS, words: readonly string[], block: Block): RowTest {
  const { row } = block;
  if (field === "hold") {
    return (at) => ((row.flags[at] ?? 0) & WAS_HELD) !== 0 && isHoldOf(words, row.verdict[at]);
  }
  const column = row[field as "class" | "verdict" | "outcome"];
  const known: readonly string[] = WORDS[field];
  const wanted = new Set(words.map((word) => known.indexOf(word) + 1));
  return (at) => wanted.has(column[at] ?? 0);
}

function isHoldOf(words: readonly string[], verdict: number | undefined): boolean {
  const word = ["", "allowed", "refused", "waiting"][verdict ?? 0] ?? "";
  return words.includes("any") || words.includes(word);
}

/** The reason of an allowed hold begins with who agreed. */
const AGREED = " agreed";

function approverTest(patterns: readonly string[], block: Block): RowTest {
  const all = patterns.map((pattern) => matcherOf("by", pattern));
  const hits = hitsOf(block, (reason) => {
    const end = reason.indexOf(AGREED);
    return end > 0 && all.some((matches) => matches(reason.slice(0, end)));
  });
  const { reason, flags } = block.row;
  return (at) => ((flags[at] ?? 0) & WAS_HELD) !== 0 && hits[reason[at] ?? 0] === 1;
}

function allOf(terms: readonly PointTerm[], block: Block): PointTest {
  return allTest(terms.map((term) => pointTestOf(term, block)));
}

function pointTestOf(term: PointTerm, block: Block): PointTest {
  const { point } = block;
  switch (term.field) {
    case "tag": {
      const hits = hitsOf(block, anyOf("tag", term.any));
      return (at) => hits[point.tag[at] ?? 0] === 1;
    }
    case "unit":
      return (at) => term.any.some((interval) => isIn(point.unit[at] ?? 0, interval));
    case "register":
      return (at) => term.any.some((range) => isTouched(block, at, range));
    case "value":
      return valueTest(term.any, block);
  }
}

function isTouched({ point }: Block, at: number, { table, from, to }: RegisterRange): boolean {
  if (table !== undefined && TABLES[point.table[at] ?? 0] !== table) return false;
  const address = point.address[at] ?? 0;
  return address <= to && address + (point.width[at] ?? 1) > from;
}

/** Values that went from the smallest to the largest passed through what lies between. */
function valueTest(intervals: readonly Interval[], { point }: Block): PointTest {
  const tests = intervals.map(({ min, max, minOpen, maxOpen }): PointTest => {
    const low = min ?? Number.NEGATIVE_INFINITY;
    const high = max ?? Number.POSITIVE_INFINITY;
    return (at) => {
      const largest = point.max[at] ?? Number.NaN;
      const smallest = point.min[at] ?? Number.NaN;
      // NaN is neither above nor below anything.
      if (minOpen ? !(largest > low) : !(largest >= low)) return false;
      return maxOpen ? smallest < high : smallest <= high;
    };
  });
  return anyTest(tests);
}

function anyTest(tests: readonly PointTest[]): PointTest {
  const [first, ...more] = tests;
  if (first === undefined) return () => false;
  return more.length === 0 ? first : (at) => tests.some((test) => test(at));
}

function allTest(tests: readonly RowTest[]): RowTest {
  const [first, second, ...more] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  const rest = allTest(more);
  return more.length === 0
    ? (at) => first(at) && second(at)
    : (at) => first(at) && second(at) && rest(at);
}

function findPoint(block: Block, row: number, test: PointTest): number | undefined {
  const end = pointsEnd(block, row);
  for (let point = block.row.pointsFrom[row] ?? 0; point < end; point += 1) {
    if (test(point)) return point;
  }
  return undefined;
}

/** The read that had such a value, if it was the largest or the smallest; else the first. */
function momentOf(
  { point }: Block,
  at: number,
  terms: readonly PointTerm[],
  otherwise: number,
): number {
  for (const term of terms) {
    if (term.field !== "value") continue;
    const isMax = term.any.some((interval) => isIn(point.max[at] ?? Number.NaN, interval));
    if (isMax) return point.maxSequence[at] ?? otherwise;
    const isMin = term.any.some((interval) => isIn(point.min[at] ?? Number.NaN, interval));
    if (isMin) return point.minSequence[at] ?? otherwise;
  }
  return otherwise;
}

function mayMatch(term: Term, summary: Summary): boolean {
  if (term.field === "after") return summary.untilMs >= term.atMs;
  if (term.field === "before") return summary.fromMs < term.atMs;
  if (!("any" in term) || term.not) return true;
  if (isWordTerm(term)) return mayHaveWord(term, summary);
  if (term.field === "value") return mayHaveValue(term.any as readonly Interval[], summary);
  return !isPatternTerm(term) || mayHaveText(term, summary);
}

function mayHaveValue(intervals: readonly Interval[], { valueMin, valueMax }: Summary): boolean {
  return intervals.some(
    ({ min, max }) =>
      valueMax >= (min ?? Number.NEGATIVE_INFINITY) &&
      valueMin <= (max ?? Number.POSITIVE_INFINITY),
  );
}

function mayHaveText({ field, any }: PatternTerm, summary: Summary): boolean {
  const known = { tag: summary.tags, rule: summary.rules, action: summary.actions };
  const names = known[field as keyof typeof known] ?? null;
  if (names !== null) return names.some(anyOf(field, any));
  if (field === "approver") return summary.held;
  return (field !== "text" && field !== "file") || summary.texts;
}

function mayHaveWord({ field, any }: WordTerm, summary: Summary): boolean {
  if (field === "hold") return summary.held;
  const bits = { class: summary.classes, verdict: summary.verdicts, outcome: summary.outcomes };
  const known: readonly string[] = WORDS[field];
  const present = bits[field as keyof typeof bits] ?? 0;
  return any.some((word) => (present & (1 << (known.indexOf(word) + 1))) !== 0);
}
