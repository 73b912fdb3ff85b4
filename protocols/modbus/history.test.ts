import fc from "fast-check";
import { expect, test } from "vitest";
import { clientBytes } from "../../test/kit/modbus-samples.ts";
import { ModbusTape, playTape } from "../../test/kit/modbus-tape.ts";
import type { Outcome } from "../guard.ts";
import type { TapeRecord } from "../tape/record.ts";
import { ModbusHistory } from "./history.ts";
import type { HistoryRow, HistoryStep } from "./history-row.ts";

const permit = () => [{ kind: "permit" as const }];

/** The rows as a list shows them in the end: the latest of each id. */
function read(records: readonly TapeRecord[]) {
  const history = new ModbusHistory();
  const steps = records.map((record) => history.push(record));
  const latest = new Map<string, HistoryRow>();
  for (const row of steps.flatMap(({ rows }) => rows)) latest.set(row.id, row);
  const all = <K extends keyof HistoryStep>(key: K) => steps.flatMap((step) => [...step[key]]);
  return { rows: [...latest.values()], points: all("points"), malformed: all("malformed") };
}

test("a read is a row with its values and latency, and a value for each point", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0009 0000 0006 01 03 000b 0002");
  tape.later(12);
  tape.bytes("asset", "0001 0000 0007 01 03 04 015e 0001");
  const { rows, points } = read(tape.records);
  expect(rows).toMatchObject([
    {
      id: "1/1/0",
      sequence: 2,
      by: "subject",
      verdict: "permit",
      rule: "test#1",
      outcome: "answered",
      values: [350, 1],
      latencyMs: 12,
    },
  ]);
  expect(points).toMatchObject([
    { unit: 1, table: "holding-registers", address: 11, value: 350, source: "read" },
    { unit: 1, table: "holding-registers", address: 12, value: 1, source: "read" },
  ]);
});

test("an acknowledged write gives its values as points, a refused one does not", () => {
  const tape = new ModbusTape(({ id }) =>
    id === 1 ? permit() : [{ kind: "deny", refusal: "value" }],
  );
  tape.bytes("client", "0001 0000 0006 01 06 000b 015e");
  tape.bytes("asset", "0001 0000 0006 01 06 000b 015e");
  tape.bytes("client", "0002 0000 0006 01 06 000b ffff");
  const { rows, points } = read(tape.records);
  expect(rows).toMatchObject([
    { outcome: "answered", values: [] },
    { outcome: "refused", verdict: "deny", exception: 3 },
  ]);
  expect(points).toMatchObject([{ address: 11, value: 350, source: "write" }]);
});

test("both items of function 23 have their row; one denied refuses both", () => {
  const tape = new ModbusTape(({ id, items }) =>
    items.map((_, i) =>
      id === 1 || i === 1 ? { kind: "permit" } : { kind: "deny", refusal: "address" },
    ),
  );
  tape.bytes("client", "0001 0000 000d 01 17 0000 0002 0064 0001 02 0007");
  tape.bytes("asset", "0001 0000 0007 01 17 04 000a 000b");
  tape.bytes("client", "0002 0000 000d 01 17 0000 0002 0064 0001 02 0007");
  expect(read(tape.records).rows).toMatchObject([
    { id: "1/1/0", outcome: "answered", values: [] },
    { id: "1/1/1", outcome: "answered", values: [10, 11] },
    { id: "1/2/0", verdict: "deny", outcome: "refused", exception: 2 },
    { id: "1/2/1", verdict: "permit", outcome: "refused", exception: 2 },
  ]);
});

test("a hold is one row from its first verdict to its outcome", () => {
  const tape = new ModbusTape(() => [{ kind: "hold" }]);
  tape.bytes("client", "0001 0000 0006 01 06 000b 015e");
  expect(read(tape.records).rows).toMatchObject([{ sequence: 2, outcome: "held" }]);
  tape.later(5000);
  tape.settle(1, { kind: "permit" });
  expect(read(tape.records).rows).toMatchObject([{ sequence: 2, outcome: "pending" }]);
  tape.later(3);
  tape.bytes("asset", "0001 0000 0006 01 06 000b 015e");
  expect(read(tape.records).rows).toMatchObject([
    { sequence: 2, outcome: "answered", latencyMs: 3 },
  ]);
});

test("late, withheld and cut operations say so", () => {
  const tape = new ModbusTape(permit);
  for (const id of ["01", "02", "03", "04"]) {
    tape.bytes("client", `00${id} 0000 0006 01 06 000b 00${id}`);
  }
  tape.event({ kind: "timeout", request: 1 });
  tape.event({ kind: "withheld", decision: 2 });
  tape.event({ kind: "end" });
  expect(read(tape.records).rows.map(({ outcome }) => outcome)).toEqual([
    "lost",
    "withheld",
    "lost",
    "lost",
  ]);
  // At a cut the loop names what never left after the end.
  tape.event({ kind: "withheld", decision: 4 });
  expect(read(tape.records).rows.map(({ outcome }) => outcome)).toEqual([
    "lost",
    "withheld",
    "lost",
    "withheld",
  ]);
});

test("what the guard refused by itself is told with its reason", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0001 0000 0006 01 03 0000 0000 0002 0000 0002 01 00");
  expect(read(tape.records).malformed).toMatchObject([
    { function: 3, exception: 3, reason: "the quantity is outside the limits" },
    { function: 0, exception: 1 },
  ]);
});

test("history that starts in the middle skips what it cannot know and is right from then on", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0001 0000 0006 01 03 0000 0001 0002 0000 0006 01 03");
  tape.bytes("client", "0001 0001");
  tape.bytes("asset", "0001 0000 0005 01 03 02 aaaa 0002 0000");
  tape.bytes("asset", "0005 01 03 02 bbbb");
  tape.bytes("client", "0003 0000 0006 01 03 0005 0001");
  tape.bytes("asset", "0003 0000 0005 01 03 02 cccc");
  // The first record given is the second half of a request, then that of a reply.
  const { rows, points, malformed } = read(tape.records.slice(4));
  expect(malformed).toEqual([]);
  expect(rows.map(({ id, values }) => [id, values])).toEqual([
    ["1/2/0", [0xbbbb]],
    ["1/3/0", [0xcccc]],
  ]);
  expect(points.map(({ value }) => value)).toEqual([0xbbbb, 0xcccc]);
  expect(read(tape.records.slice(7)).rows.map(({ id }) => id)).toEqual(["1/3/0"]);
});

const outcomes: { readonly [kind in Outcome["kind"]]: string } = {
  done: "answered",
  refused: "exception",
  unknown: "lost",
};

test("history tells of every change what the guard told, from any scenario", () => {
  const scenario = fc.array(fc.tuple(clientBytes, fc.nat(1000)), { maxLength: 15, size: "max" });
  fc.assert(
    fc.property(scenario, (steps) => {
      const tape = playTape(steps);
      const { rows } = read(tape.records);
      for (const effect of tape.driver.effects) {
        if (effect.kind !== "outcome") continue;
        const told = rows.filter(({ id }) => id.startsWith(`1/${effect.decision}/`));
        expect(told.length).toBeGreaterThan(0);
        for (const row of told) expect(row.outcome).toBe(outcomes[effect.outcome.kind]);
      }
    }),
    { numRuns: 200 },
  );
});

test("history that starts at any record throws at nothing and agrees on what came whole", () => {
  const scenario = fc.array(fc.tuple(clientBytes, fc.nat(1000)), { maxLength: 10, size: "max" });
  fc.assert(
    fc.property(scenario, fc.nat(100), (steps, from) => {
      const { records } = playTape(steps);
      const whole = new Map(read(records).rows.map((row) => [row.id, row]));
      for (const row of read(records.slice(from % records.length)).rows) {
        if (row.outcome === "answered") expect(row.values).toEqual(whole.get(row.id)?.values);
      }
    }),
    { numRuns: 200 },
  );
});
