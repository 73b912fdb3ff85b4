import fc from "fast-check";
import { expect, test } from "vitest";
import { copyBytes } from "../copy-bytes.ts";
import type { Effect, Input } from "../guard.ts";
import { readPoints, writePoints } from "./build.ts";
import { readOf } from "./decode-points.ts";
import { encodeRequest } from "./encode.ts";
import { ModbusGuard } from "./guard.ts";
import type { ModbusOperation } from "./operation.ts";

const operation: fc.Arbitrary<ModbusOperation> = fc.oneof(
  fc
    .tuple(fc.nat({ max: 3 }), fc.nat({ max: 400 }), fc.integer({ min: 1, max: 20 }))
    .map(([unit, address, count]) => readPoints(unit, "holding-registers", address, count)),
  fc
    .tuple(fc.nat({ max: 400 }), fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 20 }))
    .map(([address, bits]) => writePoints(1, "coils", address, bits)),
  fc.constant(readOf(1, 1, "coils", 7, 9)),
);

/** What the asset answers to a frame of the guard's. */
function replyTo(frame: Uint8Array): Uint8Array {
  const code = frame[7] ?? 0;
  const count = ((frame[10] ?? 0) << 8) | (frame[11] ?? 0);
  if (code > 4) return copyBytes(frame, 0, 12).with(5, 6);
  const data = new Uint8Array(code < 3 ? (count + 7) >> 3 : 2 * count).fill(0x5a);
  const head = [frame[0], frame[1], 0, 0, 0, 3 + data.length, frame[6], code, data.length];
  return Uint8Array.from([...head.map((byte) => byte ?? 0), ...data]);
}

/** Polls and writes on several guards in turns; answers every effect, its bytes copied at once. */
function run(operations: readonly ModbusOperation[], givesBack: boolean): Effect[] {
  const guards = [new ModbusGuard(), new ModbusGuard(), new ModbusGuard()];
  const all: Effect[] = [];
  const step = (guard: ModbusGuard, input: Input): Effect[] => {
    const effects = guard.step(input).map((effect) => {
      if (effect.kind !== "send") return effect;
      const copy = { ...effect, bytes: copyBytes(effect.bytes) };
      if (givesBack) guard.spent(effect.bytes);
      return copy;
    });
    all.push(...effects);
    return effects;
  };
  operations.forEach((each, n) => {
    const guard = guards[n % guards.length] ?? new ModbusGuard();
    const request = encodeRequest([each], n);
    const [decide] = step(guard, { kind: "bytes", from: "client", bytes: request });
    if (decide?.kind !== "decide") throw new Error("a request is decided on");
    const answers = [{ kind: "permit" }] as const;
    const [send] = step(guard, { kind: "answers", id: decide.id, answers });
    if (send?.kind !== "send") throw new Error("a permitted request is sent");
    step(guard, { kind: "bytes", from: "asset", bytes: replyTo(send.bytes) });
  });
  return all;
}

test("frames that are given back change nothing of what a guard sends", () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 60 }), (operations) => {
      expect(run(operations, true)).toEqual(run(operations, false));
    }),
    { numRuns: 50 },
  );
});

test("two frames in use are never one array", () => {
  const guard = new ModbusGuard();
  const sent = [1, 2, 3].map((transaction) =>
    encodeRequest([readOf(1, 3, "holding-registers", 5, 2)], transaction),
  );
  expect(new Set(sent).size).toBe(3);
  for (const frame of sent) guard.spent(frame);
  const again = [4, 5, 6].map((transaction) =>
    encodeRequest([readOf(1, 3, "holding-registers", 5, 2)], transaction),
  );
  expect(new Set(again)).toEqual(new Set(sent));
});
