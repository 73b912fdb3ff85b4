/** The workbench's requests and answers, read and written by another stack (node-opcua). */
import { DataValue } from "node-opcua-data-value";
import { ExpandedNodeId, NodeId, NodeIdType } from "node-opcua-nodeid";
import * as ua from "node-opcua-types";
import { DataType, Variant, VariantArrayType } from "node-opcua-variant";
import { expect, test } from "vitest";
import { bytesOf, frameOf, type Message, readInto } from "../../../test/kit/opcua-oracle.ts";
import { encodeFrame, LEG } from "../frame.ts";
import { Reader } from "../reader.ts";
import { readVariant } from "../variant.ts";
import {
  argumentsIn,
  browseAnswer,
  callAnswer,
  historyAnswer,
  monitorAnswer,
  publishAnswer,
  rangeIn,
  readAnswer,
  subscriptionAnswer,
  unitIn,
} from "./answers.ts";
import { OpcUaClient } from "./client.ts";
import { parseNodeId } from "./node-text.ts";
import {
  browseNextRequest,
  browseRequest,
  callRequest,
  createSubscriptionRequest,
  deleteItemsRequest,
  deleteSubscriptionsRequest,
  historyRequest,
  monitorEventsRequest,
  monitorValuesRequest,
  publishRequest,
  type Request,
  readRequest,
  writeRequest,
} from "./requests.ts";
import { typedValue } from "./typed-value.ts";

const NOW = Date.UTC(2026, 2, 1, 10);
const SPEED = { namespace: 2, id: "s=Pumpe.Drehzahl°" };
const TYPES: readonly [string, Request, () => Message, object][] = [
  [
    "Read",
    readRequest([
      { node: SPEED, attribute: 13 },
      { node: { namespace: 0, id: "i=2255" }, attribute: 4 },
    ]),
    () => new ua.ReadRequest(),
    { maxAge: 0, nodesToRead: [{ attributeId: 13 }, { attributeId: 4 }] },
  ],
  [
    "Browse",
    browseRequest([{ node: SPEED, direction: "inverse" }], 500),
    () => new ua.BrowseRequest(),
    {
      requestedMaxReferencesPerNode: 500,
      nodesToBrowse: [{ browseDirection: 1, includeSubtypes: true, resultMask: 63 }],
    },
  ],
  [
    "BrowseNext",
    browseNextRequest([Uint8Array.of(1, 2, 3)], true),
    () => new ua.BrowseNextRequest(),
    { releaseContinuationPoints: true, continuationPoints: [Buffer.of(1, 2, 3)] },
  ],
  [
    "Write",
    writeRequest(SPEED, bytesTyped("Double", "42.5")),
    () => new ua.WriteRequest(),
    { nodesToWrite: [{ attributeId: 13, value: { value: { dataType: 11, value: 42.5 } } }] },
  ],
  [
    "Call",
    callRequest(SPEED, { namespace: 1, id: "i=70000" }, [bytesTyped("UInt32", "3600")]),
    () => new ua.CallRequest(),
    { methodsToCall: [{ inputArguments: [{ dataType: 7, value: 3600 }] }] },
  ],
  [
    "CreateSubscription",
    createSubscriptionRequest(250),
    () => new ua.CreateSubscriptionRequest(),
    { requestedPublishingInterval: 250, publishingEnabled: true },
  ],
  [
    "CreateMonitoredItems of values",
    monitorValuesRequest(7, [{ node: SPEED, handle: 3 }], 250),
    () => new ua.CreateMonitoredItemsRequest(),
    {
      subscriptionId: 7,
      itemsToCreate: [
        {
          ...{ monitoringMode: 2, itemToMonitor: { attributeId: 13 } },
          requestedParameters: { clientHandle: 3, samplingInterval: 250, queueSize: 10 },
        },
      ],
    },
  ],
  [
    "CreateMonitoredItems of events",
    monitorEventsRequest(7, { node: SPEED, handle: 4 }),
    () => new ua.CreateMonitoredItemsRequest(),
    {
      itemsToCreate: [
        {
          itemToMonitor: { attributeId: 12 },
          requestedParameters: { filter: { selectClauses: { length: 5 } } },
        },
      ],
    },
  ],
  [
    "DeleteMonitoredItems",
    deleteItemsRequest(7, [9, 10]),
    () => new ua.DeleteMonitoredItemsRequest(),
    { subscriptionId: 7, monitoredItemIds: Uint32Array.of(9, 10) },
  ],
  [
    "DeleteSubscriptions",
    deleteSubscriptionsRequest([7]),
    () => new ua.DeleteSubscriptionsRequest(),
    { subscriptionIds: Uint32Array.of(7) },
  ],
  [
    "Publish",
    publishRequest([{ subscription: 7, sequence: 5 }]),
    () => new ua.PublishRequest(),
    { subscriptionAcknowledgements: [{ subscriptionId: 7, sequenceNumber: 5 }] },
  ],
  [
    "HistoryRead",
    historyRequest(SPEED, { fromMs: NOW - 1000, untilMs: NOW, countMax: 99 }),
    () => new ua.HistoryReadRequest(),
    {
      historyReadDetails: { numValuesPerNode: 99, startTime: new Date(NOW - 1000) },
      nodesToRead: [{}],
    },
  ],
];

test.each(TYPES)("%s is read by another stack to its last byte", (_, request, message, means) => {
  const { bytes, request: number } = new OpcUaClient().request(request, NOW);
  const { requestId, typeId, body } = frameOf(bytes);
  expect([requestId, typeId]).toEqual([number, request.typeId]);
  const read = readInto(message(), body);
  expect(read).toMatchObject(means);
  expect(read).toMatchObject({
    requestHeader: { timestamp: new Date(NOW), requestHandle: number, timeoutHint: 0 },
  });
});

test("node ids of every kind are the other stack's own", () => {
  const uuid = "01234567-89AB-CDEF-0123-456789ABCDEF";
  const ids = ["i=85", "ns=3;i=4000000000", "ns=1;s=ä;b=c", `ns=2;g=${uuid}`, "ns=2;b=AAH/"];
  const nodes = ids.flatMap((id) => parseNodeId(id) ?? []);
  const request = readRequest(nodes.map((node) => ({ node, attribute: 13 })));
  const { body } = frameOf(new OpcUaClient().request(request, NOW).bytes);
  const { nodesToRead = [] } = readInto(new ua.ReadRequest(), body);
  expect(nodesToRead?.map(({ nodeId }) => nodeId.toString())).toEqual([
    ...["ns=0;i=85", "ns=3;i=4000000000", "ns=1;s=ä;b=c", `ns=2;g=${uuid}`, "ns=2;b=AAH/"],
  ]);
  for (const wrong of ["", "85", "ns=2", "i=-1", "i=4294967296", "x=1", "ns=70000;i=1", "g=1"]) {
    expect(parseNodeId(wrong)).toBeUndefined();
  }
});

test.each<[string, string, DataType, unknown]>([
  ["Boolean", "true", DataType.Boolean, true],
  ["SByte", "-128", DataType.SByte, -128],
  ["Int16", "-2", DataType.Int16, -2],
  ["UInt32", "4294967295", DataType.UInt32, 4_294_967_295],
  ["Int64", "-1", DataType.Int64, [0xffff_ffff, 0xffff_ffff]],
  ["Float", "1,5", DataType.Float, 1.5],
  ["Double", "-1e-3", DataType.Double, -0.001],
  ["String", " kept as it is ", DataType.String, " kept as it is "],
  ["DateTime", "2026-03-01T10:00:00Z", DataType.DateTime, new Date(NOW)],
  ["Double[]", "1, 2.5", DataType.Double, Float64Array.of(1, 2.5)],
])("%s %s is written as the other stack reads it", (type, text, dataType, value) => {
  const read = readInto(new Variant(), bytesTyped(type, text));
  expect(read).toMatchObject({ dataType, value });
});

test.each([
  ["Boolean", "yes", "form"],
  ["Byte", "256", "range"],
  ["SByte", "-129", "range"],
  ["UInt64", "-1", "range"],
  ["Int32", "1.5", "form"],
  ["Double", "NaN", "form"],
  ["Double", "", "form"],
  ["Float", "1e39", "range"],
  ["DateTime", "yesterday", "form"],
  ["Guid", "1", "form"],
  ["ExtensionObject", "{}", "type"],
])("%s %j is refused", (type, text, because) => {
  expect(typedValue(type, text)).toMatchObject({ kind: "wrong", because: { kind: because } });
});

/** As the guard hands it to the client's side. */
function answered(request: Request, typeId: number, response: Message) {
  const client = new OpcUaClient();
  const { request: requestId } = client.request(request, NOW);
  const received = client.receive(encodeFrame({ requestId, typeId, body: bytesOf(response) }));
  if (received.kind === "broken") throw new Error(received.reason);
  const [answer] = received.answers;
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

function readerOf(request: Request, response: Message): Reader {
  const answer = answered(request, request.answer, response);
  if (answer.kind !== "answer") throw new Error(`a fault 0x${answer.status.toString(16)}`);
  return answer.reader;
}

function whole<T>(reader: Reader, read: (r: Reader) => T): T {
  const value = read(reader);
  reader.finish();
  expect(reader.fault).toBeUndefined();
  return value;
}

const double = (value: number) => new Variant({ dataType: DataType.Double, value });
const good = (value: number) =>
  new DataValue({ value: double(value), sourceTimestamp: new Date(NOW) });
const request = (answer: number): Request => ({ typeId: 1, answer, write: () => undefined });

test("values come with their status and times", () => {
  const response = new ua.ReadResponse({
    results: [good(21.5), new DataValue({ statusCode: { value: 0x80340000 } as never })],
  });
  const [first, second] = whole(readerOf(request(634), response), readAnswer);
  expect(first).toMatchObject({
    status: 0,
    sourceMs: NOW,
    value: { type: "Double", number: 21.5 },
  });
  expect(second).toMatchObject({ value: undefined });
});

test("references come with names and classes", () => {
  const response = new ua.BrowseResponse({
    results: [
      {
        continuationPoint: Buffer.of(9),
        references: [
          {
            ...{ isForward: true, nodeClass: 2, displayName: "Speed" },
            ...{
              nodeId: new ExpandedNodeId(NodeIdType.STRING, "Speed", 2),
              browseName: { name: "S" },
            },
          },
        ],
      },
    ],
  });
  const [result] = whole(readerOf(request(530), response), browseAnswer);
  expect(result?.point).toEqual(Uint8Array.of(9));
  expect(result?.references[0]).toMatchObject({
    ...{ isForward: true, nodeClass: 2, displayName: "Speed", browseName: "S" },
    node: { namespace: 2, id: "s=Speed" },
  });
});

test("a call answers with outputs, a subscription with its number, an item with its own", () => {
  const call = new ua.CallResponse({ results: [{ outputArguments: [double(1)] }] });
  expect(whole(readerOf(request(715), call), callAnswer)).toMatchObject([
    { status: 0, outputs: [{ number: 1 }] },
  ]);
  const opened = new ua.CreateSubscriptionResponse({
    ...{ subscriptionId: 5, revisedPublishingInterval: 250 },
  });
  expect(whole(readerOf(request(790), opened), subscriptionAnswer)).toEqual({
    ...{ subscription: 5, intervalMs: 250 },
  });
  const items = new ua.CreateMonitoredItemsResponse({ results: [{ monitoredItemId: 11 }] });
  expect(whole(readerOf(request(754), items), monitorAnswer)).toEqual([{ status: 0, item: 11 }]);
});

test("a notification tells values by handle, events by field, and the end of a subscription", () => {
  const text = new Variant({ dataType: DataType.String, value: "too full" });
  const notificationData = [
    new ua.DataChangeNotification({ monitoredItems: [{ clientHandle: 3, value: good(2) }] }),
    new ua.EventNotificationList({ events: [{ clientHandle: 4, eventFields: [text] }] }),
    new ua.StatusChangeNotification({}),
  ];
  const response = new ua.PublishResponse({
    subscriptionId: 5,
    notificationMessage: { sequenceNumber: 8, publishTime: new Date(NOW), notificationData },
  });
  expect(whole(readerOf(request(829), response), publishAnswer)).toMatchObject({
    ...{ subscription: 5, sequence: 8, isKeepAlive: false, ended: 0 },
    values: [{ handle: 3, value: { value: { number: 2 } } }],
    events: [{ handle: 4, fields: [{ text: "too full" }] }],
  });
});

test("history comes as values, and says where there is more", () => {
  const historyData = new ua.HistoryData({ dataValues: [good(1), good(2)] });
  const response = new ua.HistoryReadResponse({
    results: [{ continuationPoint: Buffer.of(1), historyData }],
  });
  const [result] = whole(readerOf(request(667), response), historyAnswer);
  expect(result).toMatchObject({ isPart: true, values: [{ sourceMs: NOW }, { sourceMs: NOW }] });
});

test("arguments, ranges and units are read from their variants", () => {
  const structures = (value: unknown) =>
    bytesOf(new Variant({ dataType: DataType.ExtensionObject, value: value as never }));
  const argument = new ua.Argument({
    ...{ name: "Interval", dataType: new NodeId(NodeIdType.NUMERIC, 7), valueRank: -1 },
    description: { text: "Seconds" },
  });
  const many = new Variant({
    ...{ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array },
    value: [argument],
  });
  expect(argumentsIn(bytesOf(many))).toEqual([
    {
      ...{ name: "Interval", dataType: { namespace: 0, id: "i=7" }, valueRank: -1 },
      description: "Seconds",
    },
  ]);
  expect(rangeIn(structures(new ua.Range({ low: 1, high: 2 })))).toEqual({ low: 1, high: 2 });
  const unit = new ua.EUInformation({ displayName: { text: "Hz" } });
  expect(unitIn(structures(unit))).toBe("Hz");
  expect(unitIn(structures(new ua.Range({ low: 1, high: 2 })))).toBeUndefined();
  expect(argumentsIn(Uint8Array.of(0x96, 255, 255, 255))).toEqual([]);
});

test("a fault has its status, and what nobody asked for is out of step", () => {
  const fault = new ua.ServiceFault({
    responseHeader: { serviceResult: { value: 0x800b0000 } as never },
  });
  expect(answered(request(634), 397, fault)).toMatchObject({ kind: "fault" });
  const client = new OpcUaClient();
  const unasked = encodeFrame({ requestId: 9, typeId: 634, body: new Uint8Array(0) });
  expect(client.receive(unasked)).toMatchObject({ kind: "broken" });
  const given = client.request(readRequest([]), NOW);
  expect(frameOf(client.giveUp(given.request))).toMatchObject({
    ...{ requestId: given.request, typeId: LEG.expired },
  });
});

function bytesTyped(type: string, text: string): Uint8Array {
  const typed = typedValue(type, text);
  if (typed.kind === "wrong") throw new Error(JSON.stringify(typed.because));
  expect(readVariant(new Reader(typed.bytes)).type).toBe(type);
  return typed.bytes;
}
