import fc from "fast-check";
import { guardProperties } from "../../test/kit/guard-properties.ts";
import * as m from "../../test/kit/opcua-messages.ts";
import { cutFrame, FRAME_MAX } from "./frame.ts";
import { OpcUaGuard } from "./guard.ts";

const PLANT = "http://plant.example/pumps";

/** The asset's leg says its namespaces before anything else. */
function create(): OpcUaGuard {
  const guard = new OpcUaGuard();
  guard.step({ kind: "bytes", from: "asset", bytes: m.namespaces(["urn:asset", PLANT]) });
  return guard;
}

const id = fc.integer({ min: 1, max: 400 });
const node = fc.constantFrom(
  "2:s:Speed",
  "2:s:Level",
  "2:s:Pump",
  "0:i:2258",
  "9:s:Nowhere",
  "1:i:7",
);
const nodes = fc.array(node, { maxLength: 5 });
const small = fc.nat(3);

const request = fc.oneof(
  fc.tuple(id, nodes).map(([n, all]) => m.read(n, all)),
  fc
    .tuple(id, fc.array(fc.tuple(node, fc.double()), { maxLength: 4 }))
    .map(([n, all]) => m.write(n, all)),
  fc
    .tuple(
      id,
      fc.array(fc.tuple(node, fc.constantFrom("0:i:11580", "2:s:Start")), { maxLength: 3 }),
    )
    .map(([n, all]) => m.call(n, all)),
  fc.tuple(id, nodes).map(([n, all]) => m.browse(n, all)),
  fc.tuple(id, node).map(([n, each]) => m.translate(n, each, "Speed")),
  fc.tuple(id, nodes).map(([n, all]) => m.register(n, all)),
  id.map(m.createSubscription),
  fc
    .tuple(id, small, fc.array(fc.tuple(node, small), { maxLength: 4 }))
    .map(([n, subscription, all]) => m.monitor(n, subscription, all)),
  fc
    .tuple(id, small, fc.array(small, { maxLength: 4 }))
    .map(([n, subscription, items]) => m.ofItems(n, 781, subscription, items)),
  fc.tuple(id, small, small).map(([n, a, b]) => m.setTriggering(n, a, b, [b])),
  id.map(m.publish),
  fc.tuple(id, fc.array(small)).map(([n, all]) => m.transfer(n, all)),
  fc.tuple(id, id).map(([n, handle]) => m.cancel(n, handle)),
  id.map(m.expired),
);

const mutated = fc.tuple(request, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
  const changed = new Uint8Array(bytes);
  changed[12 + (at % Math.max(1, bytes.length - 12))] = value;
  return changed.subarray(0, bytes.length);
});

const client = fc.oneof(
  { weight: 12, arbitrary: request },
  { weight: 4, arbitrary: mutated },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

/** A server that has every node, and answers a third of what it is asked with something odd. */
function reply(sent: Uint8Array, seed: number): Uint8Array | undefined {
  const cut = cutFrame(sent);
  if (cut.kind !== "frame") return undefined;
  const { requestId, typeId, body } = cut.frame;
  const count = countOf(typeId, body);
  if (seed % 11 === 0) return m.fault(requestId, 0x8001_0000);
  if (seed % 13 === 0) return m.values(requestId, [1, 2, 3]);
  switch (typeId) {
    case 631:
      return m.values(requestId, Array(count).fill(seed));
    case 673:
      return m.statuses(requestId, 676, Array(count).fill(seed % 2 ? 0 : 0x8074_0000));
    case 712:
      return m.called(requestId, count);
    case 527:
      return m.browsed(requestId, Array(count).fill(["2:s:Speed", "0:i:85"]), "point");
    case 554:
      return m.translated(requestId, ["2:s:Level"]);
    case 560:
      return m.registered(requestId, Array(count).fill("2:i:99"));
    case 787:
      return m.subscribed(requestId, seed % 3);
    case 751:
      return m.monitored(
        requestId,
        Array.from({ length: count }, (_, i) => i),
      );
    case 781:
      return m.statuses(requestId, 784, Array(count).fill(0));
    case 826:
      return m.published(requestId, seed % 4, [[seed % 4, 1.5]]);
    default:
      return m.fault(requestId, 0x800b_0000);
  }
}

/** Where the items of a request of the guard are counted: behind its header of 29 bytes. */
function countOf(typeId: number, body: Uint8Array): number {
  const heads: { readonly [type: number]: number } = { 631: 12, 527: 23, 751: 8, 781: 4 };
  const at = 29 + (heads[typeId] ?? 0);
  if (body.length < at + 4) return 0;
  return new DataView(body.buffer, body.byteOffset).getUint32(at, true) % 100;
}

guardProperties({
  name: "OPC UA",
  create,
  client,
  request,
  reply,
  requestOf: (sent) => new DataView(sent.buffer, sent.byteOffset).getUint32(4, true),
  /** Two inboxes at their fullest, what waits for a person, and what is open. */
  retainedMax: 2 * (FRAME_MAX + 4 * 65_536) + 2 * 1024 * 1024,
  runs: 300,
});
