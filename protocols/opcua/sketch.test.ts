import fc from "fast-check";
import { test } from "vitest";
import { guardProperties } from "../../test/kit/guard-properties.ts";
import { expectTranscript } from "../../test/kit/transcript.ts";
import type { Operation } from "../guard.ts";
import { encode, type OpcUaOperation, OpcUaSketch, SERVICE } from "./sketch.ts";

const subject = {
  create: () => new OpcUaSketch(),
  describe: (operation: Operation) => {
    const item = operation as OpcUaOperation;
    if (item.action === "opcua:publish") return item.action;
    return item.action === "opcua:read"
      ? `opcua:read ${item.node}`
      : `opcua:write ${item.node} = ${item.value}`;
  },
};

test("a read of three nodes, one denied: the asset is asked for two, results keep their index", () => {
  expectTranscript(
    subject,
    `
    client > 0013 01 00000063 00000001 00000002 00000003
    decide   opcua:read 1 + opcua:read 2 + opcua:read 3
    verdict  permit, deny address, permit
    asset  < 000f 01 00000001 00000001 00000003
    asset  > 0017 01 00000001 00000000 0000000b 00000000 00000021
    client < 001f 01 00000063 00000000 0000000b 801f0000 00000000 00000000 00000021
  `,
  );
});

test("a Publish stays open while reads pass and a write is held", () => {
  expectTranscript(
    subject,
    `
    client > 0007 03 00000001
    decide   opcua:publish
    verdict  permit
    asset  < 0007 03 00000001
    client > 000f 02 00000002 00000005 00000007
    decide   opcua:write 5 = 7
    verdict  hold
    client > 000b 01 00000003 00000009
    decide   opcua:read 9
    verdict  permit
    asset  < 000b 01 00000003 00000009
    asset  > 000f 01 00000003 00000000 0000002a
    client < 000f 01 00000003 00000000 0000002a
    asset  > 000f 03 00000001 00000000 00000001
    client < 000f 03 00000001 00000000 00000001
    settle   2 permit
    asset  < 000f 02 00000002 00000005 00000007
    asset  > 000f 02 00000002 00000000 00000000
    outcome  2 done
    client < 000f 02 00000002 00000000 00000000
  `,
  );
});

const words = fc.array(fc.nat(9), { minLength: 1, maxLength: 4 });
const request = fc
  .tuple(fc.nat(99), words, fc.constantFrom(1, 2, 3))
  .map(([handle, all, service]) => {
    if (service === SERVICE.publish) return encode(service, handle, []);
    return encode(service, handle, service === SERVICE.write ? [...all, ...all] : all);
  });

guardProperties({
  name: "OPC UA sketch",
  create: subject.create,
  client: fc.oneof({ weight: 9, arbitrary: request }, fc.uint8Array({ maxLength: 20 })),
  request,
  reply: (sent, seed) => {
    const service = sent[2] ?? 0;
    const items = (sent.length - 7) / (service === SERVICE.write ? 8 : 4);
    const count = service === SERVICE.publish ? 1 : items;
    const results = Array.from({ length: count }, () => [0, seed]).flat();
    return encode(service, new DataView(sent.buffer, sent.byteOffset).getUint32(3), results);
  },
  requestOf: (sent) => new DataView(sent.buffer, sent.byteOffset).getUint32(3),
  retainedMax: 300_000,
  runs: 50,
});
