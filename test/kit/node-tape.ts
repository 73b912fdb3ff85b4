/** Records of a session on an OPC UA server, as a session writes them: values that keep coming. */
import type { OpcUaOperation } from "../../protocols/opcua/operation.ts";
import type { Header, TapeBody } from "../../protocols/tape/record.ts";
import { monitor, namespaces, published, statuses, values } from "./opcua-messages.ts";

const URI = "urn:plant";
const SUBSCRIPTION = 7;
const [LEVEL, SPEED, STILL] = ["Level", "Speed", "Still"] as const;
export const WATCHED: readonly string[] = [LEVEL, SPEED, STILL];

export const nodeName = (name: string) => `nsu=${URI};s=${name}`;

export function nodeHeader(session: string): Header {
  return {
    ...{ version: 1, build: "test", session, site: "north", startedMs: 1_767_600_000_000 },
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "works", name: "Works", zone: "treatment" },
    endpoint: { id: "opcua", protocol: "opcua" },
    grant: { id: "g-1", profile: "operate", until: 1_900_000_000_000 },
    digests: { profile: "aa", plant: "bb" },
    tags: [],
  };
}

const from = (side: "client" | "asset", bytes: Uint8Array): TapeBody => ({
  ...{ kind: "bytes", channel: 1, from: side, bytes },
});

function decided(decision: number, operation: OpcUaOperation): TapeBody {
  const judged = { operation, answer: { kind: "permit" }, rule: "all", reason: "" } as const;
  return { kind: "verdict", channel: 1, decision, items: [judged] };
}

/** Values of three nodes are asked for once, and then only delivered; one of them never changes. */
export function* nodesOf(count: number): Generator<TapeBody> {
  yield { kind: "channel", channel: 1, protocol: "opcua", by: "subject", peer: "test" };
  yield from("asset", namespaces([URI]));
  const items = WATCHED.map((name, handle) => [`1:s:${name}`, handle] as const);
  yield from("client", monitor(1, SUBSCRIPTION, items));
  const first = WATCHED.map((_, handle) => [handle, 10 + handle] as const);
  yield from("asset", published(1, SUBSCRIPTION, first));
  for (let n = 0; n < count; n += 1) {
    const changes = [
      [0, n],
      [1, 100 - n],
    ] as const;
    yield from("asset", published(2 + n, SUBSCRIPTION, changes));
    if (n % 10 === 0) yield* written(10_000 + n, n);
  }
}

function* written(decision: number, value: number): Generator<TapeBody> {
  const node = nodeName("Setpoint");
  const on = { node, attribute: 13, type: "Double", value, text: String(value) };
  yield decided(decision, { action: "opcua:write", class: "operate", ...on });
  yield from("asset", statuses(decision, 676, [0]));
  yield decided(decision + 1, { action: "opcua:read", class: "observe", node, attribute: 13 });
  yield from("asset", values(decision + 1, [value]));
}
