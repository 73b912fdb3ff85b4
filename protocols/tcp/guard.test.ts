import { expect, test } from "vitest";
import type { Effect, OperationClass, Side } from "../guard.ts";
import { TcpGuard } from "./guard.ts";

const bytes = (...all: number[]) => Uint8Array.from(all);

function permitted(): TcpGuard {
  const guard = new TcpGuard();
  guard.step({ kind: "bytes", from: "client", bytes: bytes(1) });
  guard.step({ kind: "answers", id: 1, answers: [{ kind: "permit" }] });
  return guard;
}

function capabilities(...classes: OperationClass[]) {
  return {
    kind: "event",
    event: { kind: "capabilities", capabilities: new Set(classes) },
  } as const;
}

test("nothing passes before it was decided, whoever speaks first", () => {
  for (const from of ["client", "asset"] as const) {
    const guard = new TcpGuard();
    const [decide, ...more] = guard.step({ kind: "bytes", from, bytes: bytes(1, 2) });
    expect(decide).toMatchObject({ kind: "decide", items: [{ class: "program" }] });
    expect(more).toEqual([]);
    expect(guard.step({ kind: "bytes", from: "asset", bytes: bytes(3) })).toEqual([]);
    expect(guard.backlog("asset")).toBe(from === "asset" ? 3 : 1);
    const passed = guard.step({ kind: "answers", id: 1, answers: [{ kind: "permit" }] });
    const all = passed.flatMap((each) => (each.kind === "send" ? [...each.bytes] : []));
    expect(all).toEqual([1, 2, 3]);
    expect(guard.backlog("asset")).toBe(0);
  }
});

test("what is permitted passes both ways, byte for byte", () => {
  const guard = permitted();
  expect(guard.step({ kind: "bytes", from: "client", bytes: bytes(9, 8) })).toEqual<Effect[]>([
    { kind: "send", to: "asset", bytes: bytes(9, 8), decision: 1 },
  ]);
  expect(guard.step({ kind: "bytes", from: "asset", bytes: bytes(7) })).toEqual<Effect[]>([
    { kind: "send", to: "client", bytes: bytes(7) },
  ]);
});

test("a side that has said its last still hears the other, whenever it said so", () => {
  const over = (from: Side) => ({ kind: "event", event: { kind: "half-closed", from } }) as const;
  const lastToAsset = { kind: "send", to: "asset", bytes: bytes(), decision: 1, last: true };
  const early = new TcpGuard();
  expect(early.step(over("client"))).toMatchObject([{ kind: "decide" }]);
  early.step({ kind: "bytes", from: "asset", bytes: bytes(5) });
  expect(early.step({ kind: "answers", id: 1, answers: [{ kind: "permit" }] })).toEqual([
    { kind: "send", to: "client", bytes: bytes(5) },
    lastToAsset,
  ]);
  const guard = permitted();
  expect(guard.step(over("client"))).toEqual([lastToAsset]);
  expect(guard.step({ kind: "bytes", from: "asset", bytes: bytes(7) })).toEqual<Effect[]>([
    { kind: "send", to: "client", bytes: bytes(7) },
  ]);
  expect(guard.step(over("asset"))).toEqual<Effect[]>([
    { kind: "send", to: "client", bytes: bytes(), last: true },
  ]);
});

test("a denial ends the connection, and nothing passes after it", () => {
  const guard = new TcpGuard();
  guard.step({ kind: "bytes", from: "client", bytes: bytes(1) });
  const answers = [{ kind: "deny", refusal: "operation" }] as const;
  expect(guard.step({ kind: "answers", id: 1, answers })).toMatchObject([{ kind: "violation" }]);
  expect(guard.step({ kind: "bytes", from: "asset", bytes: bytes(1) })).toEqual([]);
});

test("a held connection waits, and passes whole once a person agrees", () => {
  const guard = new TcpGuard();
  guard.step({ kind: "bytes", from: "client", bytes: bytes(1) });
  expect(guard.step({ kind: "answers", id: 1, answers: [{ kind: "hold" }] })).toEqual([]);
  expect(guard.step({ kind: "bytes", from: "client", bytes: bytes(2) })).toEqual([]);
  const passed = guard.step({ kind: "answers", id: 1, answers: [{ kind: "permit" }] });
  expect(passed).toEqual<Effect[]>([
    { kind: "send", to: "asset", bytes: bytes(1, 2), decision: 1 },
  ]);
});

test.each([
  ["a lost right", capabilities("observe")],
  [
    "bytes that were kept back",
    { kind: "event", event: { kind: "withheld", decision: 1 } } as const,
  ],
])("%s ends it: no stream goes on with a hole", (_, event) => {
  const guard = permitted();
  expect(guard.step(event)).toMatchObject([{ kind: "violation" }]);
  expect(guard.step({ kind: "bytes", from: "client", bytes: bytes(1) })).toEqual([]);
});
