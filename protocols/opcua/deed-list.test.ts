import { DataValue } from "node-opcua-data-value";
import * as ua from "node-opcua-types";
import { DataType, Variant } from "node-opcua-variant";
import { expect, test } from "vitest";
import { namespaces } from "../../test/kit/opcua-messages.ts";
import { bytesOf, type Message, URIS } from "../../test/kit/opcua-oracle.ts";
import { testHeader } from "../../test/kit/tape-header.ts";
import type { Header, Judged, TapeBody, TapeRecord } from "../tape/record.ts";
import { DeedList, type DeedRow, deedCsvHead, deedCsvLine } from "./deed-list.ts";
import { encodeFrame } from "./frame.ts";
import type { OpcUaOperation } from "./operation.ts";

const NAME = `nsu=${URIS[1]};s=Speed`;
const TAG = {
  ...{ name: "P101.Speed", node: NAME, unit: "Hz", unitId: 0, table: "nodes", address: 0 },
  ...{ type: "float64", wordOrder: "big", scale: 1, offset: 0 },
};
const HEADER: Header = {
  ...testHeader("s-1"),
  endpoint: { id: "opcua", protocol: "opcua" },
  tags: [TAG],
};

function listOf(bodies: readonly TapeBody[]): readonly DeedRow[] {
  const list = new DeedList(HEADER, (ms) => `t${ms}`);
  const rows = bodies.flatMap((body, sequence) =>
    list.push({ ...body, sequence, wallMs: sequence, monotonicMs: sequence } as TapeRecord),
  );
  return [...rows, ...list.finish()];
}

const asset = (requestId: number, typeId: number, message: Message): TapeBody => ({
  ...{ kind: "bytes", channel: 1, from: "asset" },
  bytes: encodeFrame({ requestId, typeId, body: bytesOf(message) }),
});
const decided = (decision: number, ...items: readonly Judged[]): TapeBody => ({
  ...{ kind: "verdict", channel: 1, decision, items },
});
const judged = (operation: OpcUaOperation, kind: "permit" | "hold" = "permit"): Judged => ({
  ...{ operation, answer: { kind }, rule: "rule", reason: "" },
});
const writing: OpcUaOperation = {
  ...{ action: "opcua:write", class: "operate", node: NAME, attribute: 13 },
  ...{ type: "Double", value: 33, text: "33" },
};
const calling: OpcUaOperation = {
  ...{ action: "opcua:call", class: "operate", node: NAME, method: `${NAME}.Start` },
  arguments: ["=1+1", "2"],
};
const publishing: OpcUaOperation = {
  ...{ action: "opcua:subscribe", class: "observe", service: "Publish" },
};
const reading: OpcUaOperation = {
  ...{ action: "opcua:read", class: "observe", node: NAME, attribute: 13 },
};
const value = new DataValue({ value: new Variant({ dataType: DataType.Double, value: 35 }) });

test("writes stand with old and new value, in the order in which they were asked", () => {
  const rows = listOf([
    { kind: "bytes", channel: 1, from: "asset", bytes: namespaces(URIS) },
    decided(1, judged(reading)),
    asset(1, 634, new ua.ReadResponse({ results: [value] })),
    decided(2, judged(publishing)),
    decided(3, judged(writing, "hold")),
    decided(4, judged(calling)),
    asset(4, 715, new ua.CallResponse({ results: [{}] })),
    decided(3, judged(writing)),
    asset(3, 676, new ua.WriteResponse({ results: [{ value: 0 } as never] })),
  ]);
  expect(
    rows.map(({ action, name, before, value: now, outcome }) => [
      action,
      name,
      before,
      now,
      outcome,
    ]),
  ).toEqual([
    ["opcua:read", "P101.Speed", "", "", ""],
    ["opcua:value", "P101.Speed", "", "35", ""],
    ["opcua:write", "P101.Speed", "35", "33", "done"],
    ["opcua:call", "P101.Speed", "", "", "done"],
    ["opcua:value", "P101.Speed", "", "33", ""],
  ]);
});

test("a spreadsheet runs nothing of what an asset or a person named", () => {
  const [row] = listOf([
    decided(1, {
      ...judged(calling),
      reason: "a\r\nb",
      answer: { kind: "deny", refusal: "address" },
    }),
  ]);
  if (!row) throw new Error("no row");
  const line = deedCsvLine(row);
  expect(line).toContain(`"'=1+1 2"`);
  expect(line.split("\r\n")).toHaveLength(2);
  expect(line.replaceAll(/"[^"]*"/g, "").split(",")).toHaveLength(deedCsvHead().split(",").length);
});
