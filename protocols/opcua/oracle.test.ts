/**
 * The decoder beside another stack's codec (node-opcua): what it writes is understood here item
 * by item, and what goes on from here is understood there, as the same request with fewer items.
 */
import fc from "fast-check";
import { BinaryStream } from "node-opcua-binary-stream";
import { DataValue } from "node-opcua-data-value";
import { NodeId, NodeIdType } from "node-opcua-nodeid";
import { StatusCodes } from "node-opcua-status-code";
import * as ua from "node-opcua-types";
import { DataType, Variant, VariantArrayType } from "node-opcua-variant";
import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import { namespaces } from "../../test/kit/opcua-messages.ts";
import type { Operation } from "../guard.ts";
import { cutFrame, encodeFrame, type OpcUaFrame } from "./frame.ts";
import { OpcUaGuard } from "./guard.ts";
import { STATUS } from "./status.ts";

const URIS = ["urn:asset", "http://plant.example/pumps"];
const SIZE = 1_000_000;

interface Message {
  encode(stream: BinaryStream): void;
  decode(stream: BinaryStream): void;
}

function bytesOf(message: Message): Uint8Array {
  const stream = new BinaryStream(SIZE);
  message.encode(stream);
  return new Uint8Array(stream.buffer.subarray(0, stream.length));
}

function readInto<T extends Message>(message: T, body: Uint8Array): T {
  const stream = new BinaryStream(Buffer.from(body));
  message.decode(stream);
  expect(stream.length).toBe(body.length);
  return message;
}

function frameOf(bytes: Uint8Array): OpcUaFrame {
  const cut = cutFrame(bytes);
  if (cut.kind !== "frame") throw new Error(cut.kind);
  return cut.frame;
}

/** In the order of the first asking, each once. */
function ask(typeId: number, request: Message, isDenied: (at: number) => boolean) {
  const asked: Operation[] = [];
  const driver = new GuardDriver(new OpcUaGuard(), ({ items }) =>
    items.map((item) => {
      asked.push(item);
      return isDenied(asked.length - 1)
        ? { kind: "deny" as const, refusal: "address" as const }
        : { kind: "permit" as const };
    }),
  );
  driver.bytes("asset", namespaces(URIS));
  driver.bytes("client", encodeFrame({ requestId: 5, typeId, body: bytesOf(request) }));
  return { driver, asked };
}

const namespace = fc.integer({ min: 0, max: 2 });
const nodeId = fc.oneof(
  fc
    .tuple(fc.constantFrom(1, 200, 300, 70_000, 0xffff_ffff), namespace)
    .map(([value, ns]) => new NodeId(NodeIdType.NUMERIC, value, ns)),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }), namespace)
    .map(([value, ns]) => new NodeId(NodeIdType.STRING, value, ns)),
  fc
    .tuple(fc.uuid(), namespace)
    .map(([value, ns]) => new NodeId(NodeIdType.GUID, value.toUpperCase(), ns)),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), namespace)
    .map(([value, ns]) => new NodeId(NodeIdType.BYTESTRING, Buffer.from(value), ns)),
);

/** As a plant file writes it. */
function named({ namespace: ns, identifierType, value }: NodeId): string {
  const prefix = ns === 0 ? "" : `nsu=${URIS[ns - 1]};`;
  switch (identifierType) {
    case NodeIdType.NUMERIC:
      return `${prefix}i=${value}`;
    case NodeIdType.STRING:
      return `${prefix}s=${value}`;
    case NodeIdType.GUID:
      return `${prefix}g=${String(value).toLowerCase()}`;
    default:
      return `${prefix}b=${Buffer.from(value as Buffer).toString("base64")}`;
  }
}

const scalar = fc.oneof(
  fc.double({ noNaN: true }).map((value) => new Variant({ dataType: DataType.Double, value })),
  fc.integer().map((value) => new Variant({ dataType: DataType.Int32, value })),
  fc.nat(65_535).map((value) => new Variant({ dataType: DataType.UInt16, value })),
  fc.boolean().map((value) => new Variant({ dataType: DataType.Boolean, value })),
  fc.string({ unit: "grapheme" }).map((value) => new Variant({ dataType: DataType.String, value })),
  fc
    .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
    .map((value) => new Variant({ dataType: DataType.DateTime, value })),
  fc
    .uint8Array()
    .map((value) => new Variant({ dataType: DataType.ByteString, value: Buffer.from(value) })),
  nodeId.map((value) => new Variant({ dataType: DataType.NodeId, value })),
);

const variant = fc.oneof(
  scalar,
  fc.array(fc.integer(), { maxLength: 8 }).map(
    (value) =>
      new Variant({
        ...{ dataType: DataType.Int32, arrayType: VariantArrayType.Array },
        value: Int32Array.from(value),
      }),
  ),
  fc
    .array(scalar, { maxLength: 4 })
    .map(
      (value) =>
        new Variant({ dataType: DataType.Variant, arrayType: VariantArrayType.Array, value }),
    ),
  fc.constant(
    new Variant({
      ...{ dataType: DataType.Double, arrayType: VariantArrayType.Matrix, dimensions: [2, 2] },
      value: Float64Array.from([1, 2, 3, 4]),
    }),
  ),
);

const mask = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
const header = { requestHandle: 77, timeoutHint: 1000 };

test("a Read goes on with the permitted nodes, and its answer comes back whole", () => {
  const item = fc.tuple(nodeId, fc.constantFrom(1, 4, 13), fc.option(fc.constant("2:5")));
  const items = fc.uniqueArray(item, {
    ...{ minLength: 1, maxLength: 8 },
    selector: ([node, attribute, range]) => `${named(node)} ${attribute} ${range}`,
  });
  fc.assert(
    fc.property(
      items,
      mask,
      fc.array(variant, { minLength: 8, maxLength: 8 }),
      (all, denied, values) => {
        const nodesToRead = all.map(([node, attributeId, indexRange]) => ({
          ...{ nodeId: node, attributeId },
          ...(indexRange && { indexRange: indexRange as never }),
        }));
        const request = new ua.ReadRequest({ requestHeader: header, maxAge: 5, nodesToRead });
        const { driver, asked } = ask(631, request, (at) => denied[at] === true);
        expect(asked).toMatchObject(
          all.map(([node, attribute]) => ({ action: "opcua:read", node: named(node), attribute })),
        );
        const kept = all.filter((_, at) => !denied[at]);
        const [sent] = driver.sent("asset");
        expect(sent === undefined).toBe(kept.length === 0);
        if (sent) {
          const { body, requestId } = frameOf(sent.bytes);
          const read = readInto(new ua.ReadRequest(), body);
          expect(read.maxAge).toBe(5);
          expect(read.nodesToRead?.map((each) => named(each.nodeId))).toEqual(
            kept.map(([node]) => named(node)),
          );
          const results = kept.map((_, at) => new DataValue({ value: values[at] as Variant }));
          const answer = bytesOf(new ua.ReadResponse({ results }));
          driver.bytes("asset", encodeFrame({ requestId, typeId: 634, body: answer }));
        }
        const told = frameOf(driver.sent("client")[0]?.bytes as Uint8Array);
        const response = readInto(new ua.ReadResponse(), told.body);
        expect(response.responseHeader.requestHandle).toBe(77);
        let at = 0;
        response.results?.forEach((result, index) => {
          if (denied[index]) expect(result.statusCode).toBe(StatusCodes.BadUserAccessDenied);
          else expect(result.value.toString()).toBe(values[at++]?.toString());
        });
        expect(response.results).toHaveLength(all.length);
      },
    ),
    { numRuns: 300 },
  );
});

test("a Write is told by node and value, and goes on with the permitted nodes", () => {
  const item = fc.tuple(nodeId, variant);
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), mask, (all, denied) => {
      const nodesToWrite = all.map(([node, value]) => ({
        ...{ nodeId: node, attributeId: 13, value: new DataValue({ value }) },
      }));
      const request = new ua.WriteRequest({ requestHeader: header, nodesToWrite });
      const { driver, asked } = ask(673, request, (at) => denied[at] === true);
      all.forEach(([node, value], at) => {
        expect(asked[at]).toMatchObject({ action: "opcua:write", node: named(node) });
        const isNumber = [DataType.Double, DataType.Int32, DataType.UInt16].includes(
          value.dataType,
        );
        if (!isNumber || value.arrayType !== VariantArrayType.Scalar) return;
        const told = Number.isFinite(value.value) ? value.value : undefined;
        expect((asked[at] as unknown as { value?: number }).value).toBe(told);
      });
      const kept = nodesToWrite.filter((_, at) => !denied[at]);
      const [sent] = driver.sent("asset");
      if (!sent) {
        expect(kept).toEqual([]);
        return;
      }
      const expected = bytesOf(new ua.WriteRequest({ requestHeader: header, nodesToWrite: kept }));
      // Everything behind the header is what the other stack writes for these items alone.
      expect(Buffer.from(frameOf(sent.bytes).body.subarray(29)).toString("hex")).toBe(
        Buffer.from(expected.subarray(29)).toString("hex"),
      );
    }),
    { numRuns: 300 },
  );
});

test("a Call is told by object, method and arguments", () => {
  const item = fc.tuple(nodeId, nodeId, fc.array(variant, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 5 }), (all) => {
      const methodsToCall = all.map(([objectId, methodId, inputArguments]) => ({
        ...{ objectId, methodId, inputArguments },
      }));
      const request = new ua.CallRequest({ requestHeader: header, methodsToCall });
      const { driver, asked } = ask(712, request, () => false);
      expect(asked).toMatchObject(
        all.map(([object, method]) => ({ node: named(object), method: named(method) })),
      );
      const sent = frameOf(driver.sent("asset")[0]?.bytes as Uint8Array);
      expect(Buffer.from(sent.body.subarray(29))).toEqual(
        Buffer.from(bytesOf(request).subarray(29)),
      );
    }),
    { numRuns: 200 },
  );
});

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
