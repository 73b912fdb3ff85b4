import fc from "fast-check";
import { expect, test } from "vitest";
import { matcherOf } from "../../../protocols/search/pattern.ts";
import {
  type Interval,
  type PatternField,
  TABLES,
  type Term,
  WORDS,
} from "../../../protocols/search/terms.ts";
import { isIn } from "../../../protocols/search/values.ts";
import { decodeBlock, encodeBlock, makeBlock, rowAt } from "./block.ts";
import type { IndexedPoint, IndexedRow } from "./row.ts";
import { RowFilter } from "./row-filter.ts";
import { parseSummary, summaryOf, summaryText } from "./summary.ts";
import { NOTHING_CARRIED } from "./tape-rows.ts";

const names = fc.constantFrom("P101.Speed", "P101.Level", "V7", "");
const texts = fc.constantFrom("", "reload", "Ana agreed; proof", "above 45", "tuning/speed");
const numbers = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.NaN), fc.double());

const point: fc.Arbitrary<IndexedPoint> = fc
  .record({
    ...{
      tag: names,
      unit: fc.nat({ max: 3 }),
      table: fc.nat({ max: 3 }),
      width: fc.nat({ max: 3 }),
    },
    ...{ address: fc.nat({ max: 20 }), a: numbers, b: numbers },
    ...{ minSequence: fc.nat({ max: 99 }), maxSequence: fc.nat({ max: 99 }) },
  })
  .map(({ a, b, ...rest }) => {
    const isKnown = !Number.isNaN(a) && !Number.isNaN(b);
    return {
      ...{ ...rest, width: rest.width + 1 },
      min: isKnown ? Math.min(a, b) : Number.NaN,
      max: isKnown ? Math.max(a, b) : Number.NaN,
    };
  });

const row = (sequence: number): fc.Arbitrary<IndexedRow> =>
  fc.record({
    ...{ sequence: fc.constant(sequence), item: fc.nat({ max: 3 }), atMs: fc.nat({ max: 1000 }) },
    ...{ untilSequence: fc.constant(sequence), untilMs: fc.integer({ min: 1000, max: 2000 }) },
    count: fc.integer({ min: 1, max: 9 }),
    class: fc.constantFrom(undefined, ...WORDS.class),
    verdict: fc.constantFrom(undefined, ...WORDS.verdict),
    outcome: fc.constantFrom(undefined, ...WORDS.outcome),
    ...{ wasHeld: fc.boolean(), byBroker: fc.boolean() },
    ...{ action: texts, rule: texts, reason: texts, text: texts, file: texts },
    points: fc.array(point, { maxLength: 3 }),
  });

const rows = fc
  .uniqueArray(fc.nat({ max: 200 }), { maxLength: 12 })
  .chain((sequences) => fc.tuple(...sequences.map(row)));

const not = fc.constantFrom({}, { not: true as const });
const one = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 1, maxLength: 2 });
const interval: fc.Arbitrary<Interval> = fc.oneof(
  fc.integer({ min: -6, max: 6 }).map((min) => ({ min })),
  fc.integer({ min: -6, max: 6 }).map((min) => ({ min, minOpen: true as const })),
  fc.integer({ min: -6, max: 6 }).map((max) => ({ max, maxOpen: true as const })),
  fc.integer({ min: -6, max: 6 }).map((at) => ({ min: at, max: at })),
);
const patterns = fc.constantFrom(
  "P101.*",
  "v7",
  "reload",
  "above",
  "*",
  "agreed",
  "ana",
  "tuning/speed",
);
const term: fc.Arbitrary<Term> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom<PatternField>(
        "tag",
        "rule",
        "action",
        "reason",
        "text",
        "file",
        "any",
        "approver",
      ),
      not,
      one(patterns),
    )
    .map(([field, negation, any]) => ({ field, ...negation, any })),
  ...(["class", "verdict", "outcome", "hold"] as const).map((field) =>
    fc
      .tuple(not, one(fc.constantFrom<string>(...WORDS[field])))
      .map(([negation, any]): Term => ({ field, ...negation, any })),
  ),
  fc
    .tuple(not, one(interval))
    .map(([negation, any]) => ({ field: "value" as const, ...negation, any })),
  fc
    .tuple(not, one(interval))
    .map(([negation, any]) => ({ field: "unit" as const, ...negation, any })),
  fc
    .tuple(not, fc.nat({ max: 20 }), fc.option(fc.constantFrom(...TABLES), { nil: undefined }))
    .map(([negation, from, table]) => ({
      ...{ field: "register" as const, ...negation },
      any: [{ from, to: from + 3, ...(table === undefined ? {} : { table }) }],
    })),
  fc.nat({ max: 2000 }).map((atMs) => ({ field: "after" as const, atMs })),
  fc.nat({ max: 2000 }).map((atMs) => ({ field: "before" as const, atMs })),
);

/** The same question to a row by itself, written as one would say it. */
function fulfils(asked: IndexedRow, terms: readonly Term[]): boolean {
  const isPoint = ({ field }: Term) => ["tag", "value", "unit", "register"].includes(field);
  const together = terms.filter((each) => isPoint(each) && !("not" in each && each.not));
  const others = terms.filter((each) => !together.includes(each));
  const onePointHasAll =
    together.length === 0 || asked.points.some((at) => together.every((each) => has(at, each)));
  return onePointHasAll && others.every((each) => says(asked, each));
}

function says(asked: IndexedRow, each: Term): boolean {
  if ("atMs" in each) {
    return each.field === "after" ? asked.untilMs >= each.atMs : asked.atMs < each.atMs;
  }
  const { not: negated, ...plain } = each;
  if (negated) return !says(asked, plain as Term);
  if (["tag", "value", "unit", "register"].includes(each.field)) {
    return asked.points.some((at) => has(at, each));
  }
  const any = each.any as readonly string[];
  if (each.field === "hold") {
    const state = { permit: "allowed", deny: "refused", hold: "waiting" }[
      asked.verdict ?? "permit"
    ];
    const known = asked.verdict === undefined ? "" : state;
    return asked.wasHeld && (any.includes("any") || any.includes(known));
  }
  if (each.field === "class" || each.field === "verdict" || each.field === "outcome") {
    return any.includes(asked[each.field] ?? "");
  }
  return any.some((pattern) =>
    textsOf(asked, each.field as PatternField).some(
      (text) =>
        text !== "" &&
        matcherOf(each.field === "approver" ? "by" : (each.field as PatternField), pattern)(text),
    ),
  );
}

function textsOf(asked: IndexedRow, field: PatternField): readonly string[] {
  if (field === "approver") {
    const end = asked.reason.indexOf(" agreed");
    return asked.wasHeld && end > 0 ? [asked.reason.slice(0, end)] : [];
  }
  if (field !== "any") return [asked[field as "rule"]];
  const { action, rule, reason, text, file } = asked;
  return [action, rule, reason, text, file, ...asked.points.map(({ tag }) => tag)];
}

function has(at: IndexedPoint, each: Term): boolean {
  switch (each.field) {
    case "tag":
      return at.tag !== "" && each.any.some((pattern) => matcherOf("tag", pattern)(at.tag));
    case "unit":
      return each.any.some((range) => isIn(at.unit, range));
    case "register":
      return each.any.some(
        ({ table, from, to }) =>
          (table === undefined || TABLES[at.table] === table) &&
          at.address <= to &&
          at.address + at.width > from,
      );
    case "value":
      return each.any.some(({ min, max, minOpen, maxOpen }) => {
        const isAbove = min === undefined || (minOpen ? at.max > min : at.max >= min);
        const isBelow = max === undefined || (maxOpen ? at.min < max : at.min <= max);
        return !Number.isNaN(at.min) && isAbove && isBelow;
      });
    default:
      return false;
  }
}

test("columns answer as each row would by itself, and no frame is passed over that has a match", () => {
  fc.assert(
    fc.property(rows, fc.array(term, { maxLength: 4 }), (all, terms) => {
      const block = makeBlock(all);
      const filter = new RowFilter(terms);
      const found = [...filter.matches(block)].map(({ row: at }) => rowAt(block, at));
      const expected = [...all]
        .sort((a, b) => b.sequence - a.sequence)
        .filter((each) => fulfils(each, terms));
      expect(found.map(({ sequence }) => sequence)).toEqual(expected.map((each) => each.sequence));
      const written = summaryText(summaryOf(block, NOTHING_CARRIED, false));
      const summary = parseSummary(written);
      if (summary === undefined) throw new Error("a summary that cannot be read back");
      if (expected.length > 0) expect(filter.mayMatch(summary)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a block reads back as it was written, whatever the place of its bytes", () => {
  fc.assert(
    fc.property(rows, fc.nat({ max: 9 }), (all, shift) => {
      const block = makeBlock(all);
      const bytes = encodeBlock(block);
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      const again = decodeBlock(moved.subarray(shift));
      const sorted = [...all].sort((a, b) => a.sequence - b.sequence);
      expect(sorted.map((_, at) => rowAt(again, at))).toEqual(sorted);
      expect(() => decodeBlock(bytes.subarray(0, bytes.length - 8))).toThrow();
    }),
  );
});
