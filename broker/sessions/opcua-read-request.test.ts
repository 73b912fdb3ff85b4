import fc from "fast-check";
import { encodeNodeId as encodeByLibrary } from "node-opcua-basic-types";
import { BinaryStream } from "node-opcua-binary-stream";
import { makeNodeId } from "node-opcua-nodeid";
import { ReadRequest } from "node-opcua-types";
import { expect, test } from "vitest";
import { readNodeId } from "../../protocols/opcua/node-id.ts";
import { Reader } from "../../protocols/opcua/reader.ts";
import { encodeNodeId, readRequest } from "./opcua-read-request.ts";

test("a node is encoded as the library and the guard read it", () => {
  const namespace = fc.integer({ min: 0, max: 65_535 });
  const id = fc.oneof(
    fc.nat({ max: 0xffff_ffff }).map((n) => `i=${n}`),
    fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }).map((text) => `s=${text}`),
    fc.uuid().map((text) => `g=${text}`),
    fc.uint8Array({ minLength: 1 }).map((b) => `b=${Buffer.from(b).toString("base64")}`),
  );
  fc.assert(
    fc.property(namespace, id, (ns, text) => {
      const reader = new Reader(encodeNodeId({ namespace: ns, id: text }));
      expect(readNodeId(reader)).toEqual({ namespace: ns, id: text });
      reader.finish();
      expect(reader.fault).toBeUndefined();
    }),
  );
  const stream = new BinaryStream(64);
  encodeByLibrary(makeNodeId("P101.Speed", 2), stream);
  const ours = Buffer.from(encodeNodeId({ namespace: 2, id: "s=P101.Speed" }));
  expect(ours).toEqual(stream.buffer.subarray(0, stream.length));
});

test("the library understands the request", () => {
  const body = Buffer.from(readRequest([encodeNodeId({ namespace: 2, id: "s=T101.Level" })]));
  const request = new ReadRequest();
  const stream = new BinaryStream(body);
  request.decode(stream);
  expect(stream.length).toBe(body.length);
  expect(request.nodesToRead?.[0]?.nodeId.toString()).toBe("ns=2;s=T101.Level");
  expect(request.nodesToRead?.[0]?.attributeId).toBe(13);
});
