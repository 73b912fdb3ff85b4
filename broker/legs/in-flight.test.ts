import fc from "fast-check";
import { expect, test } from "vitest";
import { FairQueue } from "./fair-queue.ts";
import { InFlight } from "./in-flight.ts";
import { ModbusLeg } from "./modbus-leg.ts";
import { ModbusRequest } from "./modbus-request.ts";

const way = { enqueue() {}, withdraw: () => [], leave() {}, distrust() {} };
const leg = new ModbusLeg("s-1", way, new FairQueue<ModbusRequest>().lane("s-1"));

function request(): ModbusRequest {
  return ModbusRequest.of(leg, Uint8Array.of(0, 7, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1), undefined);
}

const steps = fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 400 });

test("it finds what a map of all requests would find, and lists the oldest first", () => {
  fc.assert(
    fc.property(steps, (choices) => {
      const inFlight = new InFlight();
      const known = new Map<number, ModbusRequest>();
      for (const choice of choices) {
        const oldest = [...known.values()][choice % Math.max(1, known.size)];
        if (choice < 60 || !oldest) {
          const fresh = request();
          inFlight.add(fresh);
          expect(known.has(fresh.wire)).toBe(false);
          known.set(fresh.wire, fresh);
        } else {
          inFlight.remove(oldest);
          known.delete(oldest.wire);
        }
        for (const [wire, each] of known) expect(inFlight.get(wire)).toBe(each);
        expect(inFlight.list()).toEqual([...known.values()]);
        expect(inFlight.size).toBe(known.size);
      }
    }),
    { numRuns: 50 },
  );
});

test("an id comes again only after all others, so that a late reply finds nobody", () => {
  const inFlight = new InFlight();
  const stays = request();
  inFlight.add(stays);
  const seen = new Set<number>([stays.wire]);
  for (let n = 0; n < 40_000; n++) {
    const one = request();
    inFlight.add(one);
    expect(inFlight.get(one.wire)).toBe(one);
    expect(seen.has(one.wire)).toBe(false);
    seen.add(one.wire);
    inFlight.remove(one);
    expect(inFlight.get(one.wire)).toBeUndefined();
  }
  expect(inFlight.get(stays.wire)).toBe(stays);
});
