import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { TapeEncoder } from "./encoder.ts";
import type { Header, Judged } from "./record.ts";

const HEADER: Header = {
  ...{ version: 1, build: "test", session: "s-1", site: "north", tags: [], startedMs: 0 },
  subject: { id: "p-1", name: "Ada", roles: [] },
  asset: { id: "plc", name: "PLC", zone: "cell" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g-1", profile: "all", until: 0 },
  digests: { profile: "", plant: "" },
};

const item: fc.Arbitrary<Judged> = fc.record({
  operation: fc.oneof(
    fc.record({
      action: fc.constant("modbus:read"),
      class: fc.constant("observe" as const),
      key: fc.nat({ max: 6 }),
      address: fc.nat({ max: 6 }),
    }),
    fc.record({ action: fc.constant("modbus:write"), class: fc.constant("operate" as const) }),
  ),
  answer: fc.constantFrom(
    { kind: "permit" as const },
    { kind: "deny" as const, refusal: "value" as const },
  ),
  rule: fc.constantFrom("a", "b", "c"),
  reason: fc.constantFrom("", "too much"),
});

const turns = fc.array(
  fc.record({
    which: fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 2 }),
    passedMs: fc.nat({ max: 300 }),
    begins: fc.boolean(),
  }),
  { maxLength: 80 },
);

test("what was judged before is written byte for byte as if it were met anew", () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 12 }), turns, (pool, all) => {
      const encode = (choose: (index: number) => Judged): Uint8Array => {
        const out = new ByteWriter();
        const encoder = new TapeEncoder(out);
        encoder.begin(HEADER);
        let nowMs = 0;
        all.forEach(({ which, passedMs, begins }, n) => {
          if (begins && n % 5 === 0) encoder.begin(HEADER);
          nowMs += passedMs;
          const items = which.map((index) => choose(index % pool.length));
          const body = { kind: "verdict", channel: n % 200, decision: n * 3, items } as const;
          encoder.append(n, nowMs, nowMs, body);
        });
        return out.take();
      };
      const same = encode((index) => pool[index] ?? fail());
      const copied = encode((index) => structuredClone(pool[index] ?? fail()));
      expect(same).toEqual(copied);
    }),
    { numRuns: 200 },
  );
});

function fail(): never {
  throw new Error("an item of the pool");
}
