import fc from "fast-check";
import { expect, test } from "vitest";
import { monitor, namespaces, published } from "../../test/kit/opcua-messages.ts";
import type { TapeRecord } from "../tape/record.ts";
import { OpcUaHistory } from "./history.ts";
import { newChannel } from "./history-channel.ts";
import { UnreadValues } from "./unread-values.ts";

const SUBSCRIPTIONS = 2;
const NODES = 4;
const HANDLES = 3;

const subscription = fc.nat({ max: SUBSCRIPTIONS - 1 });
const handle = fc.nat({ max: HANDLES });
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant("published"), subscription, valuesOf(handle)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("monitored"), subscription, valuesOf(handle)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("asked"), subscription, fc.constant([])) },
  ),
  { maxLength: 30 },
);

function valuesOf(key: fc.Arbitrary<number>) {
  const pair = fc.tuple(key, fc.nat({ max: NODES - 1 }));
  return fc.array(pair, { minLength: 1, maxLength: 4 });
}

test("who reads values only when asked says the same as who reads each as it comes", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const whole = new OpcUaHistory();
      const following = OpcUaHistory.following();
      let sequence = 0;
      const bytes = (from: "client" | "asset", of: Uint8Array) => {
        const at = { sequence: sequence++, wallMs: 1_000 + sequence, monotonicMs: 0 };
        const record: TapeRecord = { ...at, kind: "bytes", channel: 1, from, bytes: of };
        whole.push(record);
        following.push(record);
      };
      bytes("asset", namespaces(["urn:plant"]));
      for (const [n, [kind, of, values]] of taken.entries()) {
        if (kind === "asked") expect(following.state).toEqual(whole.state);
        else if (kind === "published") bytes("asset", published(2 + n, of, values));
        else bytes("client", monitor(2 + n, of, values.map(named)));
      }
      expect(following.state).toEqual(whole.state);
    }),
  );
});

test("a number that a client gives to another node tells of that one from then on", () => {
  const history = OpcUaHistory.following();
  const messages = [
    ["asset", namespaces(["urn:plant"])],
    ["client", monitor(2, 1, [named([7, 0])])],
    ["asset", published(3, 1, [[7, 10]])],
    ["client", monitor(4, 1, [named([7, 1])])],
    ["asset", published(5, 1, [[7, 11]])],
  ] as const;
  for (const [sequence, [from, bytes]] of messages.entries()) {
    const at = { sequence, wallMs: 1_000, monotonicMs: 0 };
    history.push({ ...at, kind: "bytes", channel: 1, from, bytes });
  }
  const last = history.state.last.map(({ node, number }) => [node, number]);
  expect(last).toEqual([
    ["nsu=urn:plant;s=Node0", 10],
    ["nsu=urn:plant;s=Node1", 11],
  ]);
});

/** What a client calls by this number. */
function named([handle, node]: readonly [number, number]): readonly [string, number] {
  return [`1:s:Node${node}`, handle];
}

test("however much is delivered before anybody asks, little of it waits", () => {
  const [whole, following] = [new OpcUaHistory(), OpcUaHistory.following()];
  const unread = new UnreadValues();
  const channel = newChannel("subject");
  const items = Array.from({ length: 1_000 }, (_, at) => [at, at] as const);
  const message = (round: number) =>
    published(9, 1, round % 9 === 0 ? items.slice(1) : items.map(([at]) => [at, at + round]));
  const messages = [
    ["asset", namespaces(["urn:plant"])],
    ["client", monitor(2, 1, items.map(named))],
    ...Array.from({ length: 200 }, (_, round) => ["asset", message(round)] as const),
  ] as const;
  let much = 0;
  for (const [sequence, [from, bytes]] of messages.entries()) {
    const at = { sequence, wallMs: 1_000 + sequence, monotonicMs: 0 };
    for (const each of [whole, following]) {
      each.push({ ...at, kind: "bytes", channel: 1, from, bytes });
    }
    unread.note({ channel, bytes, start: 0, at });
    much += unread.isMuch ? 1 : 0;
    if (unread.isMuch) expect(unread.take()).toEqual([]);
    expect(unread.isMuch).toBe(false);
  }
  expect(much).toBeGreaterThan(0);
  expect(following.state).toEqual(whole.state);
});

test("values that are kept unread stay as they came, whatever is written over what brought them", () => {
  const [whole, following] = [new OpcUaHistory(), OpcUaHistory.following()];
  const room = new Uint8Array(65_536);
  const messages = [
    ["asset", namespaces(["urn:plant"])],
    ["client", monitor(2, 1, [named([1, 0]), named([2, 1])])],
    ["asset", published(3, 1, [[1, 10]])],
    ["asset", published(4, 1, [[2, 20]])],
    ["asset", published(5, 7, [[1, 30]])],
  ] as const;
  for (const [sequence, [from, bytes]] of messages.entries()) {
    const at = { sequence, wallMs: 1_000, monotonicMs: 0 };
    room.fill(0xff).set(bytes);
    whole.push({ ...at, kind: "bytes", channel: 1, from, bytes });
    const seen = room.subarray(0, bytes.length);
    following.push({ ...at, kind: "bytes", channel: 1, from, bytes: seen });
  }
  room.fill(0xff);
  expect(following.state).toEqual(whole.state);
  expect(following.state.last.map(({ number }) => number)).toEqual([10, 20]);
});
