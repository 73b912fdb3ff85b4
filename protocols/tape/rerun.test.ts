/** A tape is run again: the same where nothing changed, and the first place where something did. */
import { expect, test } from "vitest";
import { ModbusTape } from "../../test/kit/modbus-tape.ts";
import { MODBUS_AGAIN, rerun } from "../../test/kit/rerun.ts";
import { WRITTEN_BY_0_1 } from "../../test/kit/session-tape-0-1.ts";
import type { Guard } from "../guard.ts";
import { ModbusGuard } from "../modbus/guard.ts";
import { readSegment } from "./reader.ts";
import type { TapeRecord } from "./record.ts";

const READ = "0001 0000 0006 01 03 0064 0001";
const WRITE = "0002 0000 0006 01 06 000b 0226";

function tape(): TapeRecord[] {
  const made = new ModbusTape(({ items }) => items.map(() => ({ kind: "permit" })));
  made.bytes("client", READ);
  made.bytes("asset", "0001 0000 0005 01 03 02 0226");
  made.bytes("client", WRITE);
  made.bytes("asset", "0002 0000 0006 01 06 000b 0226");
  return [...made.records];
}

test("a session recorded by version 0.1 still comes out the same, with its sums", () => {
  const segment = readSegment(WRITTEN_BY_0_1);
  expect(segment).toMatchObject({ kind: "segment", whole: true });
  const { difference, figures, left } = rerun(segment.records);
  expect({ difference, left }).toEqual({ difference: undefined, left: [] });
  expect(figures).toEqual({ channels: 1, verdicts: 4, sums: 2, bytes: 71 });
});

test("another decoded operation, a missing decision and other bytes are told with their place", () => {
  const records = tape();
  const changed = (at: number, change: (record: TapeRecord) => unknown) =>
    records.map((record, i) => (i === at ? (change(record) as TapeRecord) : record));
  expect(rerun(records).difference).toBeUndefined();
  const verdict = records.findIndex(({ kind }) => kind === "verdict");
  const other = changed(verdict, (record) => {
    const [item] = record.kind === "verdict" ? record.items : [];
    return { ...record, items: [{ ...item, operation: { ...item?.operation, address: 1 } }] };
  });
  expect(rerun(other).difference).toMatchObject({
    sequence: verdict,
    what: expect.stringContaining("as another operation"),
  });
  const silent = records
    .filter((_, at) => at !== verdict)
    .map((record, sequence) => ({ ...record, sequence }));
  expect(rerun(silent).difference?.what).toContain("asks for decision");
  const lengthened = changed(1, (record) => ({ ...record, bytes: new Uint8Array(12).fill(255) }));
  expect(rerun(lengthened).difference).toBeDefined();
  const sent = { kind: "sent", channel: 1, to: "asset", count: 24, sha256: "00".repeat(32) };
  const last = records.at(-1);
  const summed = [...records, { ...last, ...sent, sequence: records.length } as TapeRecord];
  expect(rerun(summed).difference?.what).toBe("this build sends other bytes to the asset");
});

test("a build that answers otherwise differs at the first sum, and nothing is thrown", () => {
  class Louder implements Guard {
    private readonly guard = new ModbusGuard();
    step(input: Parameters<Guard["step"]>[0]) {
      return this.guard.step(input).map((effect) => {
        if (effect.kind !== "send" || effect.to !== "client") return effect;
        return { ...effect, bytes: effect.bytes.map((byte) => byte ^ 1) };
      });
    }
    backlog(): number {
      return 0;
    }
  }
  const parts = { ...MODBUS_AGAIN, guardOf: () => new Louder() };
  const { records } = readSegment(WRITTEN_BY_0_1);
  expect(rerun(records, parts).difference).toMatchObject({
    what: "this build sends other bytes to the client",
  });
});

test("a recording that was cut off is compared as far as it goes, and says so", () => {
  const { records } = readSegment(WRITTEN_BY_0_1);
  const cut = records.slice(
    0,
    records.findIndex(({ kind }) => kind === "sent"),
  );
  const { difference, left } = rerun(cut);
  expect(difference).toBeUndefined();
  expect(left).toEqual([expect.stringContaining("cut off")]);
});

test("behind a gap nothing is compared, and channels of unknown protocols are named", () => {
  const records = tape();
  const holed = records.filter((_, at) => at !== 2);
  expect(rerun(holed)).toMatchObject({
    difference: undefined,
    left: [expect.stringContaining("behind a gap")],
  });
  const [first] = records;
  const unknown = { ...first, protocol: "x25" } as TapeRecord;
  expect(rerun([unknown, ...records.slice(1)]).left).toEqual([expect.stringContaining("x25")]);
});
