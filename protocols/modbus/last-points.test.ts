import fc from "fast-check";
import { expect, test } from "vitest";
import { clientBytes } from "../../test/kit/modbus-samples.ts";
import { ModbusTape, playTape } from "../../test/kit/modbus-tape.ts";
import type { TapeRecord } from "../tape/record.ts";
import { ModbusHistory } from "./history.ts";
import type { PointValue } from "./history-row.ts";
import { LastPoints } from "./last-points.ts";

const permit = () => [{ kind: "permit" as const }];

/** What the whole history tells last of each point. */
function told(records: readonly TapeRecord[]): Map<string, PointValue> {
  const history = new ModbusHistory();
  const last = new Map<string, PointValue>();
  for (const record of records) {
    for (const point of history.push(record).points) last.set(keyOf(point), point);
  }
  return last;
}

function keyOf({ unit, table, address }: PointValue): string {
  return `${unit} ${table} ${address}`;
}

function kept(points: LastPoints): Map<string, PointValue> {
  return new Map(points.list().map((point) => [keyOf(point), point]));
}

test("the last points are those that the history tells last, from any record, whenever asked", () => {
  const scenario = fc.array(fc.tuple(clientBytes, fc.nat(1000)), { maxLength: 15, size: "max" });
  fc.assert(
    fc.property(scenario, fc.nat(100), fc.nat(100), (steps, from, asked) => {
      const { records } = playTape(steps);
      const some = records.slice(from % records.length);
      const points = new LastPoints();
      some.forEach((record, at) => {
        points.push(record);
        if (at === asked % some.length) expect(kept(points)).toEqual(told(some.slice(0, at + 1)));
      });
      expect(kept(points)).toEqual(told(some));
    }),
    { numRuns: 300 },
  );
});

test("a write between two reads of the same register counts until the second is answered", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0001 0000 0006 01 03 000b 0001");
  tape.bytes("asset", "0001 0000 0005 01 03 02 0001");
  tape.bytes("client", "0002 0000 0006 01 06 000b 0007");
  tape.bytes("asset", "0002 0000 0006 01 06 000b 0007");
  const points = new LastPoints();
  for (const record of tape.records) points.push(record);
  expect(points.list()).toMatchObject([{ address: 11, value: 7, source: "write" }]);
  const before = tape.records.length;
  tape.bytes("client", "0003 0000 0006 01 03 000b 0001");
  tape.bytes("asset", "0003 0000 0005 01 03 02 0009");
  for (const record of tape.records.slice(before)) points.push(record);
  expect(points.list()).toMatchObject([{ address: 11, value: 9, source: "read" }]);
});

test("what stood there before the first record stays until it is told anew", () => {
  const at = {
    unit: 1,
    table: "holding-registers",
    wallMs: 1,
    sequence: 1,
    source: "read",
  } as const;
  const points = new LastPoints([
    { ...at, address: 10, value: 5 },
    { ...at, address: 11, value: 6 },
  ]);
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0001 0000 0006 01 03 000b 0001");
  tape.bytes("asset", "0001 0000 0005 01 03 02 0001");
  for (const record of tape.records) points.push(record);
  expect(points.list().map(({ address, value }) => [address, value])).toEqual([
    [10, 5],
    [11, 1],
  ]);
  points.clear();
  expect(points.size).toBe(0);
});

test("so many different requests that not all answers can be kept unread are read in time", () => {
  const tape = new ModbusTape(permit);
  const hex = (value: number) => value.toString(16).padStart(4, "0");
  for (let n = 1; n <= 1_200; n += 1) {
    tape.bytes("client", `0001 0000 0006 01 03 ${hex(n)} 0001`);
    tape.bytes("asset", `${hex(n)} 0000 0005 01 03 02 ${hex(n)}`);
  }
  const points = new LastPoints();
  for (const record of tape.records) points.push(record);
  expect(kept(points)).toEqual(told(tape.records));
  expect(points.size).toBe(1_200);
});
