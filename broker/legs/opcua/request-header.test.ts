import fc from "fast-check";
import { BinaryStream } from "node-opcua-binary-stream";
import { makeNodeId } from "node-opcua-nodeid";
import { ReadRequest } from "node-opcua-types";
import { expect, test } from "vitest";
import { LEG } from "../../../protocols/opcua/frame.ts";
import { ofThePeer, requestHeaderOf, typeIdOf } from "./request-header.ts";

function encoded(token: Buffer, timeoutHint: number, auditEntryId: string | null): Buffer {
  const request = new ReadRequest({
    requestHeader: { requestHandle: 77, timeoutHint, auditEntryId, returnDiagnostics: 3 },
  });
  request.requestHeader.authenticationToken = makeNodeId(token, 0);
  const stream = new BinaryStream(4_096);
  request.encode(stream);
  return stream.buffer.subarray(0, stream.length);
}

test("the places are those of the library's encoder, whatever the fields hold", () => {
  const token = fc.uint8Array({ maxLength: 64 });
  const audit = fc.option(fc.string({ maxLength: 40 }));
  fc.assert(
    fc.property(token, fc.nat(), audit, (bytes, hint, auditEntryId) => {
      const body = encoded(Buffer.from(bytes), hint, auditEntryId);
      const header = requestHeaderOf(body);
      expect(header).toMatchObject({ requestHandle: 77, timeoutHint: hint, returnDiagnostics: 3 });
      expect(header?.tokenEnd).toBe(7 + bytes.length);
      // maxAge, timestampsToReturn and an empty list follow.
      expect(body.length - (header?.parameters ?? 0)).toBe(16);
    }),
  );
});

test("whatever bytes come, it answers or says that it is none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const body = Buffer.from(bytes);
      const header = requestHeaderOf(body);
      if (header) expect(header.parameters).toBeLessThanOrEqual(body.length);
      typeIdOf(body);
    }),
    { numRuns: 5_000 },
  );
});

test("every prefix of a request is no request", () => {
  const body = encoded(Buffer.alloc(32, 1), 5_000, "audit");
  const end = requestHeaderOf(body)?.parameters ?? 0;
  for (let length = 0; length < end; length++) {
    expect(requestHeaderOf(body.subarray(0, length))).toBeUndefined();
  }
});

test("no peer speaks in the words that legs have for their guard", () => {
  const typed = (typeId: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt8(2);
    bytes.writeUInt32LE(typeId, 3);
    return typeIdOf(bytes)?.typeId;
  };
  expect(typed(634)).toBe(634);
  for (const word of Object.values(LEG)) expect(typed(word)).toBe(0);
  expect(Object.values(LEG).map(ofThePeer)).toEqual([0, 0, 0]);
});
