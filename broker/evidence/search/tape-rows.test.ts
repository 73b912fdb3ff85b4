import fc from "fast-check";
import { expect, test } from "vitest";
import type { Operation } from "../../../protocols/guard.ts";
import { readPoints, writePoints } from "../../../protocols/modbus/build.ts";
import { ModbusHistory } from "../../../protocols/modbus/history.ts";
import type { HistoryRow } from "../../../protocols/modbus/history-row.ts";
import type { HeaderTag, TapeBody, TapeRecord } from "../../../protocols/tape/record.ts";
import { OperationsTape } from "../../../test/kit/operations-tape.ts";
import { testHeader } from "../../../test/kit/tape-header.ts";
import type { IndexedRow } from "./row.ts";
import { type Carry, NOTHING_CARRIED, TapeRows } from "./tape-rows.ts";

const START_MS = 1_767_600_000_000;
const TAGS: HeaderTag[] = [
  { ...holding("Speed", 0), scale: 0.1 },
  { ...holding("Level", 1), type: "int16" },
];
const HEADER = { ...testHeader("s-1"), tags: TAGS, startedMs: START_MS };

function holding(name: string, address: number): HeaderTag {
  return {
    ...{ name, unitId: 1, table: "holding-registers", address, type: "uint16" },
    ...{ wordOrder: "big", scale: 1, offset: 0, unit: "" },
  };
}

/** Keeps records as a tape does; the clock goes on by itself. */
class Records {
  readonly all: TapeRecord[] = [];
  stepMs = 1000;

  append(body: TapeBody): number {
    const sequence = this.all.length;
    const monotonicMs = (this.all.at(-1)?.monotonicMs ?? 0) + this.stepMs;
    this.all.push({ ...body, sequence, wallMs: START_MS + monotonicMs, monotonicMs });
    return sequence;
  }
}

type Act =
  | { readonly kind: "read"; readonly values: readonly number[]; readonly answered: boolean }
  | { readonly kind: "write"; readonly value: number; readonly verdict: "permit" | "deny" }
  | { readonly kind: "hold"; readonly value: number }
  | { readonly kind: "settle"; readonly permitted: boolean }
  | { readonly kind: "late answer" };

const word = fc.integer({ min: 0, max: 65_535 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      values: fc.tuple(word, word),
      answered: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      value: word,
      verdict: fc.constantFrom("permit" as const, "deny" as const),
    }),
  },
  fc.record({ kind: fc.constant("hold" as const), value: word }),
  fc.record({ kind: fc.constant("settle" as const), permitted: fc.boolean() }),
  fc.record({ kind: fc.constant("late answer" as const) }),
);

const READ = readPoints(1, "holding-registers", 0, 2);

/** A session that does all this, on two channels at once. */
function tapeOf(acts: readonly Act[], stepMs: number): readonly TapeRecord[] {
  const records = new Records();
  records.stepMs = stepMs;
  const own = new OperationsTape(records, 1);
  const broker = new OperationsTape(records, 2, "broker");
  const held: { decision: number; value: number }[] = [];
  const late: (() => void)[] = [];
  acts.forEach((one, n) => {
    const channel = n % 7 === 0 ? broker : own;
    if (one.kind === "read") {
      const { decision } = channel.judge(READ, { kind: "permit" });
      if (one.answered) channel.answer(READ, one.values, decision);
      else late.push(() => channel.answer(READ, one.values, decision));
    } else if (one.kind === "write") {
      const operation = writePoints(1, "holding-registers", 0, [one.value]);
      const { decision } = channel.judge(operation, { kind: one.verdict });
      if (one.verdict === "permit") late.push(() => channel.answer(operation, [], decision));
    } else if (one.kind === "hold") {
      const operation = writePoints(1, "holding-registers", 1, [one.value]);
      held.push({ decision: own.judge(operation, { kind: "hold" }).decision, value: one.value });
    } else if (one.kind === "settle") {
      const waiting = held.shift();
      if (waiting === undefined) return;
      const operation = writePoints(1, "holding-registers", 1, [waiting.value]);
      own.settle(operation, { kind: one.permitted ? "permit" : "deny" }, waiting.decision);
    } else late.shift()?.();
  });
  return records.all;
}

/** Rows as the index has them, with a restart behind each segment named. */
function indexedRows(
  tape: readonly TapeRecord[],
  segmentRecords: number,
  restartsAfter: readonly number[],
): readonly IndexedRow[] {
  const segments: TapeRecord[][] = [];
  for (let at = 0; at < tape.length; at += segmentRecords) {
    segments.push(tape.slice(at, at + segmentRecords));
  }
  const rows: IndexedRow[] = [];
  let carry: Carry = NOTHING_CARRIED;
  let builder = new TapeRows(HEADER, carry);
  for (let number = 0; number < segments.length; number += 1) {
    feed(builder, segments, number);
    rows.push(...builder.takeReady());
    // As it comes back from a frame's summary.
    carry = structuredClone(builder.carry(number));
    if (!restartsAfter.includes(number)) continue;
    builder = new TapeRows(HEADER, carry);
    for (let again = carry.segmentFrom; again <= number; again += 1) {
      feed(builder, segments, again);
      expect(builder.takeReady()).toEqual([]);
    }
  }
  rows.push(...builder.finish());
  return rows;
}

function feed(builder: TapeRows, segments: readonly TapeRecord[][], number: number): void {
  builder.begin(number);
  for (const record of segments[number] ?? []) builder.push(record);
}

/** Every operation as the tape left it in the end. */
function settled(tape: readonly TapeRecord[]): readonly HistoryRow[] {
  const history = new ModbusHistory();
  const rows = new Map<string, HistoryRow>();
  for (const record of tape) for (const row of history.push(record).rows) rows.set(row.id, row);
  return [...rows.values()];
}

function isPoll({ operation, verdict, outcome }: HistoryRow): boolean {
  return operation.action === "modbus:read" && verdict === "permit" && outcome !== "withheld";
}

const runs = fc.record({
  acts: fc.array(act, { maxLength: 60 }),
  stepMs: fc.constantFrom(1, 1_000, 200_000),
  segmentRecords: fc.integer({ min: 1, max: 40 }),
  restartsAfter: fc.array(fc.nat({ max: 40 }), { maxLength: 6 }),
});

test("every operation but polling is a row of its own, wherever segments end and runs begin", () => {
  fc.assert(
    fc.property(runs, ({ acts, stepMs, segmentRecords, restartsAfter }) => {
      const tape = tapeOf(acts, stepMs);
      const rows = indexedRows(tape, segmentRecords, restartsAfter);
      const told = rows.filter((row) => row.class !== undefined && row.action === "modbus:write");
      const expected = settled(tape).filter((row) => !isPoll(row));
      const key = (row: Pick<HistoryRow | IndexedRow, "sequence" | "outcome" | "verdict">) =>
        `${row.sequence} ${row.verdict} ${row.outcome}`;
      expect(told.map(key).sort()).toEqual(expected.map(key).sort());
      for (const row of told) expect(row.count).toBe(1);
    }),
  );
});

test("folded reads are all counted, and name the reads that had the least and the most", () => {
  fc.assert(
    fc.property(runs, ({ acts, stepMs, segmentRecords, restartsAfter }) => {
      const tape = tapeOf(acts, stepMs);
      const rows = indexedRows(tape, segmentRecords, restartsAfter);
      const folds = rows.filter((row) => row.action === "modbus:read");
      const polls = settled(tape).filter(isPoll);
      expect(folds.reduce((sum, row) => sum + row.count, 0)).toBe(polls.length);
      const bySequence = new Map(polls.map((poll) => [poll.sequence, poll]));
      for (const fold of folds) {
        const speed = fold.points.find(({ tag }) => tag === "Speed");
        const value = (sequence = -1) => (bySequence.get(sequence)?.values?.[0] ?? Number.NaN) / 10;
        expect(speed?.max).toEqual(value(speed?.maxSequence));
        expect(speed?.min).toEqual(value(speed?.minSequence));
      }
      const known = polls.flatMap(({ values }) => values?.slice(0, 1) ?? []);
      const most = Math.max(...known) / 10;
      const told = folds.flatMap(({ points }) => points.filter(({ tag }) => tag === "Speed"));
      const highest = told.map(({ max }) => max).filter((max) => !Number.isNaN(max));
      if (known.length > 0) expect(Math.max(...highest)).toBeCloseTo(most, 5);
    }),
  );
});

test("a day of polling at 1 Hz adds some dozens of rows, three days hardly more", () => {
  const day = polledRows(86_400);
  const threeDays = polledRows(259_200);
  expect(day).toBeLessThanOrEqual(80);
  expect(threeDays - day).toBeLessThanOrEqual(40);
});

/** Rows of so many seconds of polling; a refused write each hour is one more. */
function polledRows(seconds: number): number {
  const rows = new TapeRows(HEADER);
  let count = 0;
  const sink = {
    at: 0,
    append(body: TapeBody): number {
      const monotonicMs = Math.floor(this.at / 3) * 1000;
      const sequence = this.at++;
      rows.push({ ...body, sequence, wallMs: START_MS + monotonicMs, monotonicMs });
      return sequence;
    },
  };
  const operations = new OperationsTape(sink);
  for (let second = 0; second < seconds; second += 1) {
    operations.judge(READ, { kind: "permit" });
    operations.answer(READ, [second % 500, 7]);
    if (second % 600 === 0) count += rows.takeReady().length;
  }
  return count + rows.finish().length;
}

test("a refused read is never folded", () => {
  const records = new Records();
  const operations = new OperationsTape(records);
  for (let n = 0; n < 5; n += 1) operations.judge(READ, { kind: "deny" });
  const rows = indexedRows(records.all, 100, []);
  expect(rows.filter((row) => row.verdict === "deny")).toHaveLength(5);
});

test("a hold that reads a value first is none that waited for a person", () => {
  const records = new Records();
  const operations = new OperationsTape(records);
  const write = writePoints(1, "holding-registers", 0, [5]);
  operations.judge(write, { kind: "hold", reason: "reading the current value" });
  operations.settle(write, { kind: "permit" });
  operations.judge(write, { kind: "hold", reason: "a person must agree" });
  operations.settle(write, { kind: "deny", reason: "Ben refused" });
  const rows = indexedRows(records.all, 100, []).filter((row) => row.class === "operate");
  rows.sort((a, b) => a.sequence - b.sequence);
  expect(rows.map(({ wasHeld }) => wasHeld)).toEqual([false, true]);
});

test("texts are rows; what was typed while the echo was off is in none", () => {
  const rows = new TapeRows(HEADER);
  const base = { sequence: 4, wallMs: START_MS };
  rows.tell({ ...base, what: "typed", text: "reload", echo: true });
  rows.tell({ ...base, item: 1, what: "typed", text: "hunter2", echo: false });
  rows.tell({ ...base, item: 2, what: "shown", text: "System restarting", echo: false });
  rows.tell({ ...base, item: 3, what: "file", text: "startup-config", echo: true });
  const told = rows.finish();
  expect(told.map(({ action, text, file }) => [action, text, file])).toEqual([
    ["text:typed", "reload", ""],
    ["text:shown", "System restarting", ""],
    ["text:file", "", "startup-config"],
  ]);
  expect(JSON.stringify(told)).not.toContain("hunter2");
});

test("operations of a protocol without a history tell their commands and files", () => {
  const header = { ...HEADER, endpoint: { id: "ssh", protocol: "ssh" } };
  const rows = new TapeRows(header);
  const records = new Records();
  const operation = {
    ...{ action: "ssh:exec", class: "configure" as const },
    ...{ command: "show version", path: "/etc/x" },
  };
  const verdict = (kind: "permit" | "hold", decision: number) =>
    records.append({
      ...{ kind: "verdict" as const, channel: 1, decision },
      items: [{ operation, answer: { kind }, rule: "ssh/show", reason: "" }],
    });
  verdict("permit", 1);
  verdict("hold", 2);
  verdict("permit", 2);
  for (const record of records.all) rows.push(record);
  expect(rows.finish()).toMatchObject([
    { sequence: 0, text: "show version", file: "/etc/x", outcome: "permitted", wasHeld: false },
    { sequence: 1, text: "show version", verdict: "permit", wasHeld: true },
  ]);
});

test("a file that passed over SSH is found by its digest", () => {
  const rows = new TapeRows({ ...HEADER, endpoint: { id: "ssh", protocol: "ssh" } });
  const records = new Records();
  const digest = "5f".repeat(32);
  const operation = {
    ...{ action: "file:passed", class: "observe" as const, via: "sftp", way: "down" },
    ...{ path: "/srv/recipe.txt", extent: "whole", size: 12, digest },
  };
  const items = [
    { operation, answer: { kind: "permit" as const }, rule: "kept-by-digest", reason: "" },
  ];
  records.append({ kind: "verdict" as const, channel: 1, decision: 1, items });
  for (const record of records.all) rows.push(record);
  const found = { text: expect.stringContaining(digest), file: "/srv/recipe.txt" };
  expect(rows.finish()).toMatchObject([{ action: "file:passed", ...found }]);
});

test("deeds over OPC UA are rows by the names of their nodes, and what is nobody's is none", () => {
  const node = "nsu=urn:plant;s=P101.Speed";
  const named: HeaderTag = { ...holding("Pump speed", 0), table: "nodes", type: "float64", node };
  const header = { ...HEADER, endpoint: { id: "e", protocol: "opcua" }, tags: [named] };
  const rows = new TapeRows(header);
  let sequence = 0;
  const decided = (...operations: readonly Operation[]) => {
    const items = operations.map((operation) => ({
      ...{ operation, answer: { kind: "permit" }, rule: "rule", reason: "" },
    }));
    const at = { sequence, wallMs: START_MS + sequence, monotonicMs: sequence };
    sequence += 1;
    rows.push({ ...at, kind: "verdict", channel: 1, decision: sequence, items } as TapeRecord);
  };
  const observe = { class: "observe" } as const;
  const reading = { ...observe, action: "opcua:read", node, attribute: 13 };
  decided({ ...observe, action: "opcua:subscribe", service: "Publish" } as Operation);
  decided({ ...observe, action: "opcua:show", node } as Operation);
  for (let n = 0; n < 5; n += 1) decided(reading as Operation);
  const written = { node, attribute: 13, type: "Double", value: 33, text: "33" };
  decided({ action: "opcua:write", class: "operate", ...written } as Operation);
  const found = rows.finish();
  expect(found.map(({ action, count }) => [action, count])).toEqual([
    ["opcua:write", 1],
    ["opcua:read", 5],
  ]);
  expect(found[0]).toMatchObject({
    text: "= 33 (Double)",
    points: [{ tag: "Pump speed", min: 33, max: 33, width: 0 }],
  });
});
