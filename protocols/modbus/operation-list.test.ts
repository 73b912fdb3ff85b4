import { expect, test } from "vitest";
import { ModbusTape } from "../../test/kit/modbus-tape.ts";
import type { Header, TapeRecord } from "../tape/record.ts";
import {
  csvHead,
  csvLine,
  csvRow,
  ndjsonLine,
  type OperationEntry,
  OperationList,
} from "./operation-list.ts";

const TAG = {
  name: "P101.SpeedSetpoint",
  unitId: 1,
  table: "holding-registers",
  address: 11,
  type: "uint16",
  wordOrder: "big",
  scale: 0.1,
  offset: 0,
  unit: "Hz",
};

function headerOf(person: string): Header {
  return {
    version: 1,
    build: "test",
    session: "s-1",
    site: "north",
    subject: { id: "p-1", name: person, roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "g-1", profile: "tuning", until: 0 },
    digests: { profile: "", plant: "" },
    tags: [TAG, { ...TAG, name: "Total", address: 12, type: "uint32" }],
    startedMs: 0,
  };
}

function entriesOf(records: readonly TapeRecord[], person = "Ada"): OperationEntry[] {
  const list = new OperationList(headerOf(person), (ms) => new Date(ms).toISOString());
  return [...records.flatMap((record) => list.push(record)), ...list.finish()];
}

const permit = () => [{ kind: "permit" as const }];

test("a read and a refused write are a row each, with the points that they touch", () => {
  const tape = new ModbusTape(({ id }) =>
    id === 1 ? permit() : [{ kind: "deny", refusal: "value" }],
  );
  tape.bytes("client", "0009 0000 0006 01 03 000b 0002");
  tape.later(12);
  tape.bytes("asset", "0001 0000 0007 01 03 04 015e 0001");
  tape.bytes("client", "000a 0000 0006 01 06 000d 07d0");
  expect(entriesOf(tape.records)).toMatchObject([
    {
      time: "2026-01-05T08:00:00.000Z",
      class: "observe",
      address: 11,
      count: 2,
      tags: "P101.SpeedSetpoint Total",
      read: "350 1",
      written: "",
      outcome: "answered",
      latencyMs: 12,
    },
    {
      class: "operate",
      address: 13,
      tags: "Total",
      written: "2000",
      verdict: "deny",
      outcome: "refused",
      exception: 3,
    },
  ]);
});

test("rows come in the order of the requests, a held one keeps its place", () => {
  const tape = new ModbusTape(({ id }) => (id === 1 ? [{ kind: "hold" }] : permit()));
  tape.bytes("client", "0001 0000 0006 01 06 000b 0001");
  tape.bytes("client", "0002 0000 0006 01 03 000b 0001");
  tape.bytes("asset", "0002 0000 0005 01 03 02 0001");
  tape.settle(1, { kind: "deny", refusal: "busy" });
  const rows = entriesOf(tape.records);
  expect(rows.map(({ class: name, outcome }) => `${name} ${outcome}`)).toEqual([
    "operate refused",
    "observe answered",
  ]);
});

test("texts cannot become formulas, nor turn what a person reads", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0009 0000 0006 01 03 000b 0001");
  const [hostile] = entriesOf(tape.records, '=HYPERLINK("http://x")\u202e,\r\nx');
  if (hostile === undefined) throw new Error("no row");
  const line = csvLine(hostile);
  expect(line).toContain(`"'=HYPERLINK(""http://x"") ,  x"`);
  expect(line.split("\r\n")).toHaveLength(2);
  for (const start of ["+1", "-1", "@x"]) {
    expect(csvLine({ ...hostile, person: start })).toContain(`,"'${start}",`);
  }
  expect(JSON.parse(ndjsonLine(hostile)).person).toBe('=HYPERLINK("http://x") ,  x');
});

test("every row has as many columns as the head", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0009 0000 0006 01 03 000b 0001");
  const [entry] = entriesOf(tape.records);
  if (entry === undefined) throw new Error("no row");
  expect(csvLine(entry).split(",")).toHaveLength(csvHead().split(",").length);
  expect(Object.keys(entry).sort()).toEqual(csvHead().trim().split(",").sort());
});

test("a line of any values quotes formulas, commas and control characters", () => {
  expect(csvRow(["=1+1", 'say "x", y', -5, "a\u202eb"])).toBe('"\'=1+1","say ""x"", y",-5,a b\r\n');
});
