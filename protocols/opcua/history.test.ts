/** What a tape of OPC UA tells, the messages written by another stack (node-opcua). */
import { DataValue } from "node-opcua-data-value";
import { ExpandedNodeId, NodeId, NodeIdType } from "node-opcua-nodeid";
import * as ua from "node-opcua-types";
import { DataType, Variant } from "node-opcua-variant";
import { expect, test } from "vitest";
import { namespaces } from "../../test/kit/opcua-messages.ts";
import { bytesOf, type Message, URIS } from "../../test/kit/opcua-oracle.ts";
import type { Judged, TapeBody, TapeRecord } from "../tape/record.ts";
import { encodeFrame } from "./frame.ts";
import { type NodeDeed, type NodeValue, OpcUaHistory } from "./history.ts";
import type { OpcUaOperation } from "./operation.ts";
import { STATUS } from "./status.ts";
import { eventText } from "./told-event.ts";

const NODE = new NodeId(NodeIdType.STRING, "Speed", 2);
const NAME = `nsu=${URIS[1]};s=Speed`;
const OTHER = `nsu=${URIS[1]};s=Level`;

class Tape {
  readonly history = new OpcUaHistory();
  readonly values: NodeValue[] = [];
  readonly deeds = new Map<string, NodeDeed>();
  private sequence = 0;

  constructor() {
    this.push({ kind: "channel", channel: 1, protocol: "opcua", by: "subject", peer: "" });
    this.bytes("asset", namespaces(URIS));
  }

  push(body: TapeBody): void {
    const sequence = this.sequence++;
    const record = { ...body, sequence, wallMs: 1_000 * sequence, monotonicMs: 0 } as TapeRecord;
    const { deeds, values } = this.history.push(record);
    this.values.push(...values);
    for (const deed of deeds) this.deeds.set(deed.id, deed);
  }

  bytes(from: "client" | "asset", bytes: Uint8Array): void {
    this.push({ kind: "bytes", channel: 1, from, bytes });
  }

  asset(requestId: number, typeId: number, message: Message): void {
    this.bytes("asset", encodeFrame({ requestId, typeId, body: bytesOf(message) }));
  }

  decided(decision: number, ...items: readonly Judged[]): void {
    this.push({ kind: "verdict", channel: 1, decision, items });
  }

  deed(decision: number, item = 0): NodeDeed | undefined {
    return this.deeds.get(`node/1/${decision}/${item}`);
  }
}

const judged = (operation: OpcUaOperation, kind: "permit" | "hold" = "permit"): Judged => ({
  ...{ operation, answer: { kind }, rule: "rule", reason: "" },
});
const denied = (operation: OpcUaOperation): Judged => ({
  ...{ operation, answer: { kind: "deny", refusal: "address" }, rule: "no", reason: "never" },
});
const reading = (node: string): OpcUaOperation => ({
  ...{ action: "opcua:read", class: "observe", node, attribute: 13 },
});
const writing = (value: number): OpcUaOperation => ({
  ...{ action: "opcua:write", class: "operate", node: NAME, attribute: 13 },
  ...{ type: "Double", value, text: String(value) },
});
const double = (value: number) =>
  new DataValue({ value: new Variant({ dataType: DataType.Double, value }) });
const statuses = (...codes: number[]) => codes.map((value) => ({ value }) as never);

test("what was read is the value before a write, and what was written the one after", () => {
  const tape = new Tape();
  tape.decided(1, judged(reading(NAME)), denied(reading(OTHER)));
  tape.asset(1, 634, new ua.ReadResponse({ results: [double(35)] }));
  tape.decided(2, judged(writing(33)));
  tape.asset(2, 676, new ua.WriteResponse({ results: statuses(0) }));
  expect(tape.values.map(({ node, number }) => [node, number])).toEqual([
    [NAME, 35],
    [NAME, 33],
  ]);
  expect(tape.deed(2)).toMatchObject({ before: { number: 35 }, status: 0 });
});

test("a write that the asset refused changes no value, and says so", () => {
  const tape = new Tape();
  tape.decided(1, judged(writing(99)));
  tape.asset(1, 676, new ua.WriteResponse({ results: statuses(STATUS.badOutOfRange) }));
  tape.decided(2, judged(writing(98)));
  tape.push({
    ...{ kind: "event", channel: 1, cause: "cut" },
    event: { kind: "withheld", decision: 2 },
  });
  expect(tape.values).toEqual([]);
  expect(tape.deed(1)).toMatchObject({ status: STATUS.badOutOfRange });
  expect(tape.deed(2)).toMatchObject({ withheld: true });
});

test("a held write keeps its place and its old value when it is settled", () => {
  const tape = new Tape();
  tape.decided(1, judged(reading(NAME)));
  tape.asset(1, 634, new ua.ReadResponse({ results: [double(1)] }));
  tape.decided(2, judged(writing(2), "hold"));
  const first = tape.deed(2);
  tape.decided(2, judged(writing(2)));
  const { sequence, wallMs } = first ?? {};
  expect(tape.deed(2)).toMatchObject({ sequence, wallMs, before: { number: 1 } });
  expect(tape.deed(2)?.judged.answer.kind).toBe("permit");
});

test("a subscription's numbers are told as the nodes they stand for", () => {
  const tape = new Tape();
  const request = new ua.CreateMonitoredItemsRequest({
    subscriptionId: 7,
    itemsToCreate: [
      {
        itemToMonitor: { nodeId: NODE, attributeId: 13 },
        requestedParameters: { clientHandle: 3, samplingInterval: 500, queueSize: 1 },
      },
    ],
  });
  tape.bytes("client", encodeFrame({ requestId: 4, typeId: 751, body: bytesOf(request) }));
  const change = new ua.DataChangeNotification({
    monitoredItems: [
      { clientHandle: 3, value: double(12.5) },
      { clientHandle: 4, value: double(0) },
    ],
  });
  const response = new ua.PublishResponse({
    subscriptionId: 7,
    notificationMessage: { sequenceNumber: 1, notificationData: [change] },
  });
  tape.asset(9, 829, response);
  expect(tape.values).toMatchObject([{ node: NAME, number: 12.5, status: 0 }]);
});

test("names that browsing showed are remembered, and broken bytes are passed over", () => {
  const tape = new Tape();
  const node = new ExpandedNodeId(NodeIdType.NUMERIC, 41, 2);
  const references = [{ nodeId: node, displayName: "Speed", nodeClass: 2 }];
  tape.asset(1, 530, new ua.BrowseResponse({ results: [{ references }] }));
  expect(tape.history.nameOf(`nsu=${URIS[1]};i=41`)).toBe("Speed");
  for (const typeId of [530, 634, 676, 715, 754, 829, 397, 1]) {
    for (let length = 0; length < 40; length += 1) {
      tape.bytes("asset", encodeFrame({ requestId: 5, typeId, body: new Uint8Array(length) }));
      const body = new Uint8Array(length).fill(0xff);
      tape.bytes("asset", encodeFrame({ requestId: 6, typeId, body }));
      tape.bytes("client", encodeFrame({ requestId: 7, typeId: 751, body }));
    }
  }
  expect(tape.values).toEqual([]);
});

test("events are told with the fields that were asked for, and those of nobody's items are not", () => {
  const tape = new Tape();
  const clause = (name: string) => ({ browsePath: [{ namespaceIndex: 0, name }], attributeId: 13 });
  const request = new ua.CreateMonitoredItemsRequest({
    subscriptionId: 7,
    itemsToCreate: [
      {
        itemToMonitor: { nodeId: new NodeId(NodeIdType.NUMERIC, 2253, 0), attributeId: 12 },
        requestedParameters: {
          ...{ clientHandle: 3, samplingInterval: 0, queueSize: 10 },
          filter: new ua.EventFilter({
            selectClauses: ["Severity", "Message", "SourceName"].map(clause),
            whereClause: {
              elements: [
                {
                  filterOperator: ua.FilterOperator.OfType,
                  filterOperands: [
                    new ua.LiteralOperand({
                      value: {
                        dataType: DataType.NodeId,
                        value: new NodeId(NodeIdType.NUMERIC, 2130, 0),
                      },
                    }),
                  ],
                },
              ],
            },
          }),
        },
      },
    ],
  });
  tape.bytes("client", encodeFrame({ requestId: 4, typeId: 751, body: bytesOf(request) }));
  const fields = [
    new Variant({ dataType: DataType.UInt16, value: 800 }),
    new Variant({ dataType: DataType.LocalizedText, value: { text: "Level is low" } }),
    new Variant({ dataType: DataType.String, value: "T301.LevelLow" }),
  ];
  const response = new ua.PublishResponse({
    subscriptionId: 7,
    notificationMessage: {
      sequenceNumber: 1,
      notificationData: [
        new ua.EventNotificationList({
          events: [
            { clientHandle: 3, eventFields: fields },
            { clientHandle: 9, eventFields: fields },
          ],
        }),
      ],
    },
  });
  tape.asset(9, 829, response);
  const told = [...tape.deeds.values()].filter(({ event }) => event !== undefined);
  expect(told.map(({ event }) => event && eventText(event))).toEqual([
    "T301.LevelLow: Level is low (severity 800)",
  ]);
  expect(told[0]?.operation).toMatchObject({ node: "i=2253" });
});
