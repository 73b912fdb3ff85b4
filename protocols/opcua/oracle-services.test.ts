/** Requests of every service as another stack (node-opcua) writes them. */
import { DataValue } from "node-opcua-data-value";
import { NodeId, NodeIdType } from "node-opcua-nodeid";
import * as ua from "node-opcua-types";
import { DataType, Variant } from "node-opcua-variant";
import { expect, test } from "vitest";
import {
  ask,
  bytesOf,
  frameOf,
  header,
  type Message,
  readInto,
  URIS,
} from "../../test/kit/opcua-oracle.ts";
import { encodeFrame } from "./frame.ts";
import { STATUS } from "./status.ts";

const NODE = new NodeId(NodeIdType.STRING, "Speed", 2);
const NAME = `nsu=${URIS[1]};s=Speed`;
const operand = new ua.SimpleAttributeOperand({
  ...{ typeDefinitionId: new NodeId(NodeIdType.NUMERIC, 2041), attributeId: 13 },
  browsePath: [{ name: "Severity" }],
});
const eventFilter = new ua.EventFilter({
  selectClauses: [operand],
  whereClause: {
    elements: [
      {
        filterOperator: ua.FilterOperator.GreaterThan,
        filterOperands: [
          operand,
          new ua.LiteralOperand({ value: new Variant({ dataType: DataType.UInt16, value: 500 }) }),
        ],
      },
    ],
  },
});
const times = { startTime: new Date(1e12), endTime: new Date(2e12) };

test.each<[string, number, Message, object]>([
  [
    "Browse",
    527,
    new ua.BrowseRequest({ requestHeader: header, nodesToBrowse: [{ nodeId: NODE }] }),
    { action: "opcua:browse", node: NAME },
  ],
  [
    "TranslateBrowsePaths",
    554,
    new ua.TranslateBrowsePathsToNodeIdsRequest({
      requestHeader: header,
      browsePaths: [
        { startingNode: NODE, relativePath: { elements: [{ targetName: { name: "Unit" } }] } },
      ],
    }),
    { action: "opcua:browse", node: NAME, path: "Unit" },
  ],
  [
    "RegisterNodes",
    560,
    new ua.RegisterNodesRequest({ requestHeader: header, nodesToRegister: [NODE] }),
    { action: "opcua:register", node: NAME },
  ],
  [
    "UnregisterNodes",
    566,
    new ua.UnregisterNodesRequest({ requestHeader: header, nodesToUnregister: [NODE] }),
    { action: "opcua:register", node: NAME },
  ],
  [
    "HistoryRead of raw values",
    664,
    new ua.HistoryReadRequest({
      requestHeader: header,
      historyReadDetails: new ua.ReadRawModifiedDetails({ ...times, numValuesPerNode: 10 }),
      nodesToRead: [{ nodeId: NODE }],
    }),
    { action: "opcua:history-read", node: NAME, kind: "raw", from: 1e12, to: 2e12 },
  ],
  [
    "HistoryRead of events",
    664,
    new ua.HistoryReadRequest({
      requestHeader: header,
      historyReadDetails: new ua.ReadEventDetails({ ...times, filter: eventFilter }),
      nodesToRead: [{ nodeId: NODE }],
    }),
    { action: "opcua:history-read", kind: "events" },
  ],
  [
    "HistoryRead of aggregates",
    664,
    new ua.HistoryReadRequest({
      requestHeader: header,
      historyReadDetails: new ua.ReadProcessedDetails({ ...times, aggregateType: [NODE] }),
      nodesToRead: [{ nodeId: NODE }],
    }),
    { action: "opcua:history-read", kind: "processed" },
  ],
  [
    "HistoryUpdate",
    700,
    new ua.HistoryUpdateRequest({
      requestHeader: header,
      historyUpdateDetails: [
        new ua.UpdateDataDetails({
          nodeId: NODE,
          updateValues: [
            new DataValue({ value: new Variant({ dataType: DataType.Float, value: 1 }) }),
          ],
        }),
      ],
    }),
    { action: "opcua:history-update", class: "configure", node: NAME, count: 1 },
  ],
  [
    "HistoryUpdate that deletes",
    700,
    new ua.HistoryUpdateRequest({
      requestHeader: header,
      historyUpdateDetails: [new ua.DeleteRawModifiedDetails({ ...times, nodeId: NODE })],
    }),
    { action: "opcua:history-update", kind: "delete" },
  ],
  [
    "AddNodes",
    488,
    new ua.AddNodesRequest({
      requestHeader: header,
      nodesToAdd: [
        {
          parentNodeId: NODE as never,
          nodeAttributes: new ua.VariableAttributes({ value: new Variant({}) }),
        },
      ],
    }),
    { action: "opcua:other", class: "program", service: "AddNodes" },
  ],
  [
    "DeleteNodes",
    500,
    new ua.DeleteNodesRequest({ requestHeader: header, nodesToDelete: [{ nodeId: NODE }] }),
    { action: "opcua:other", node: NAME },
  ],
  [
    "QueryFirst",
    615,
    new ua.QueryFirstRequest({
      requestHeader: header,
      filter: eventFilter.whereClause,
      nodeTypes: [{ typeDefinitionNode: NODE as never }],
    }),
    { action: "opcua:other", class: "observe", service: "QueryFirst" },
  ],
  [
    "CreateSubscription",
    787,
    new ua.CreateSubscriptionRequest({ requestHeader: header }),
    { action: "opcua:subscribe", service: "CreateSubscription" },
  ],
  [
    "Publish",
    826,
    new ua.PublishRequest({
      requestHeader: header,
      subscriptionAcknowledgements: [{ subscriptionId: 1, sequenceNumber: 2 }],
    }),
    { action: "opcua:subscribe", service: "Publish" },
  ],
])(
  "%s of another stack is understood, and goes on as it wrote it",
  (_, typeId, request, expected) => {
    const { driver, asked } = ask(typeId, request, () => false);
    expect(asked).toMatchObject([expected]);
    const sent = frameOf(driver.sent("asset")[0]?.bytes as Uint8Array);
    expect(Buffer.from(sent.body.subarray(29))).toEqual(Buffer.from(bytesOf(request).subarray(29)));
  },
);

test("monitored items of another stack, with filters, and what they deliver", () => {
  const subscribe = new ua.CreateSubscriptionRequest({ requestHeader: header });
  const { driver } = ask(787, subscribe, () => false);
  const answer = (typeId: number, response: Message) => {
    const { requestId } = frameOf(driver.sent("asset").at(-1)?.bytes as Uint8Array);
    driver.bytes("asset", encodeFrame({ requestId, typeId, body: bytesOf(response) }));
  };
  answer(790, new ua.CreateSubscriptionResponse({ subscriptionId: 9 }));
  const items = [
    new ua.DataChangeFilter({ trigger: ua.DataChangeTrigger.StatusValue, deadbandValue: 1 }),
    eventFilter,
    new ua.AggregateFilter({ aggregateType: NODE }),
  ].map((filter, clientHandle) => ({
    itemToMonitor: { nodeId: NODE, attributeId: 13 + clientHandle },
    requestedParameters: { clientHandle, filter, queueSize: 10 },
  }));
  const create = new ua.CreateMonitoredItemsRequest({
    ...{ requestHeader: header, subscriptionId: 9, itemsToCreate: items },
  });
  driver.bytes("client", encodeFrame({ requestId: 6, typeId: 751, body: bytesOf(create) }));
  const sent = frameOf(driver.sent("asset").at(-1)?.bytes as Uint8Array);
  expect(Buffer.from(sent.body.subarray(29))).toEqual(Buffer.from(bytesOf(create).subarray(29)));
  const results = [1, 2, 3].map((monitoredItemId) => ({ monitoredItemId }));
  answer(754, new ua.CreateMonitoredItemsResponse({ results }));
  const created = frameOf(driver.sent("client").at(-1)?.bytes as Uint8Array);
  expect(readInto(new ua.CreateMonitoredItemsResponse(), created.body).results).toHaveLength(3);
});

test("a service of another stack that no guard carries is refused", () => {
  const request = new ua.FindServersRequest({ requestHeader: header });
  const { driver, asked } = ask(422, request, () => false);
  expect(asked).toEqual([]);
  const { body } = frameOf(driver.sent("client")[0]?.bytes as Uint8Array);
  const { serviceResult, requestHandle } = readInto(new ua.ServiceFault(), body).responseHeader;
  expect([serviceResult.value, requestHandle]).toEqual([STATUS.badServiceUnsupported, 77]);
});
