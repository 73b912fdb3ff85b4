/** The report of an OPC UA session, from messages that another stack (node-opcua) wrote. */
import { DataValue } from "node-opcua-data-value";
import * as ua from "node-opcua-types";
import { DataType, Variant } from "node-opcua-variant";
import { expect, test } from "vitest";
import { encodeFrame } from "../../../protocols/opcua/frame.ts";
import type { OpcUaOperation } from "../../../protocols/opcua/operation.ts";
import { STATUS } from "../../../protocols/opcua/status.ts";
import type { HeaderTag, Judged, TapeBody } from "../../../protocols/tape/record.ts";
import { REPORT_PEERS, type ReportMoment } from "../../../protocols/tape/report-moment.ts";
import { namespaces } from "../../../test/kit/opcua-messages.ts";
import { bytesOf, type Message, URIS } from "../../../test/kit/opcua-oracle.ts";
import { NodeReport } from "./node-report.ts";

const SPEED = `nsu=${URIS[1]};s=Speed`;
const REGISTER = { unitId: 0, table: "nodes", address: 0, wordOrder: "big", scale: 1, offset: 0 };
const TAGS: readonly HeaderTag[] = [
  { ...REGISTER, name: "P1.Speed", node: SPEED, type: "float64", unit: "Hz", report: true },
];

class Tape {
  readonly report = new NodeReport(TAGS);
  private sequence = 0;
  private decision = 0;

  push(body: TapeBody): void {
    const sequence = this.sequence++;
    this.report.push({ ...body, sequence, wallMs: 1_000 * sequence, monotonicMs: 0 });
  }

  channel(channel: number, moment?: ReportMoment): void {
    const peer = moment ? REPORT_PEERS[moment] : "";
    this.push({
      kind: "channel",
      channel,
      protocol: "opcua",
      by: moment ? "broker" : "subject",
      peer,
    });
    this.push({ kind: "bytes", channel, from: "asset", bytes: namespaces(URIS) });
  }

  decided(channel: number, judged: Partial<Judged> & Pick<Judged, "operation">): void {
    this.decision += 1;
    const items = [{ answer: { kind: "permit" }, rule: "a rule", reason: "", ...judged } as const];
    this.push({ kind: "verdict", channel, decision: this.decision, items });
  }

  answered(channel: number, typeId: number, message: Message): void {
    const bytes = encodeFrame({ requestId: this.decision, typeId, body: bytesOf(message) });
    this.push({ kind: "bytes", channel, from: "asset", bytes });
  }

  reads(channel: number, moment: ReportMoment, value: number, statusCode = 0): void {
    this.channel(channel, moment);
    const operation: OpcUaOperation = {
      ...{ action: "opcua:read", class: "observe", node: SPEED, attribute: 13 },
    };
    this.decided(channel, { operation });
    const variant = new Variant({ dataType: DataType.Double, value });
    const results = [new DataValue({ value: variant, statusCode: { value: statusCode } as never })];
    this.answered(channel, 634, new ua.ReadResponse({ results }));
  }

  writes(value: number, judged: Partial<Judged> = {}, ...status: number[]): void {
    const operation: OpcUaOperation = {
      ...{ action: "opcua:write", class: "operate", node: SPEED, attribute: 13 },
      ...{ type: "Double", value, text: String(value) },
    };
    this.decided(1, { operation, ...judged });
    const results = status.map((code) => ({ value: code }) as never);
    if (results.length > 0) this.answered(1, 676, new ua.WriteResponse({ results }));
  }
}

test("values before and after, and each permitted write from what to what", () => {
  const tape = new Tape();
  tape.channel(1);
  tape.reads(2, "before", 35);
  tape.writes(33, {}, 0);
  tape.writes(60, {}, STATUS.badOutOfRange);
  tape.writes(90, { answer: { kind: "deny", refusal: "value" } });
  tape.reads(3, "after", 33);
  tape.push({ kind: "end", rule: "owner-ended", reason: "done" });
  const { values, changes, end } = tape.report.report();
  expect(values).toMatchObject([
    { before: { node: { number: 35 } }, held: [], after: { node: { number: 33, text: "33" } } },
  ]);
  const before = { text: "35", number: 35 };
  expect(changes).toMatchObject([
    { node: { name: "P1.Speed", unit: "Hz", before, value: "33" }, outcome: "answered" },
    { node: { before: { number: 33 }, value: "60" }, outcome: "exception" },
  ]);
  expect(end).toEqual({ rule: "owner-ended", reason: "done" });
});

test("what was read before the last change is no value after it, nor is one that is bad", () => {
  const tape = new Tape();
  tape.channel(1);
  tape.reads(2, "before", 35);
  tape.reads(3, "after", 35);
  tape.writes(33, {});
  tape.reads(4, "after", 0, STATUS.badOutOfRange);
  const { values, changes } = tape.report.report();
  expect(values).toMatchObject([{ before: { node: { number: 35 } }, after: null }]);
  expect(changes).toMatchObject([{ outcome: "pending" }]);
});

test("a change that waits for a person is none yet", () => {
  const tape = new Tape();
  tape.channel(1);
  tape.writes(33, { answer: { kind: "hold" } });
  expect(tape.report.report().changes).toEqual([]);
});
