/**
 * The decoder beside another stack's codec (node-opcua): what it writes is understood here item
 * by item, and what goes on from here is understood there, as the same request with fewer items.
 */
import fc from "fast-check";
import { DataValue } from "node-opcua-data-value";
import { NodeId, NodeIdType } from "node-opcua-nodeid";
import { StatusCodes } from "node-opcua-status-code";
import * as ua from "node-opcua-types";
import { DataType, Variant, VariantArrayType } from "node-opcua-variant";
import { expect, test } from "vitest";
import { ask, bytesOf, frameOf, header, readInto, URIS } from "../../test/kit/opcua-oracle.ts";
import { encodeFrame } from "./frame.ts";

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
