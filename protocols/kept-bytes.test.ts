import fc from "fast-check";
import { expect, test } from "vitest";
import { KeptBytes } from "./kept-bytes.ts";

function joined(parts: readonly Uint8Array[] | undefined): number[] {
  return (parts ?? []).flatMap((part) => [...part]);
}

test("whatever arrived and wherever parts were cut, what follows is the rest of the stream", () => {
  const part = fc.uint8Array({ maxLength: 8 });
  const property = fc.property(fc.array(part), fc.nat(60), fc.nat(60), (parts, one, other) => {
    const kept = new KeptBytes();
    for (const each of parts) kept.push(each);
    const whole = joined(parts);
    const [known, wanted] = [Math.min(one, other), Math.max(one, other)];
    kept.arrived(known);
    expect(kept.total).toBe(whole.length);
    if (wanted > whole.length) expect(kept.after(wanted)).toBeUndefined();
    else expect(joined(kept.after(wanted))).toEqual(whole.slice(wanted));
  });
  fc.assert(property);
});

test("what arrived whole is not kept, and cannot be asked for", () => {
  const kept = new KeptBytes();
  kept.push(Uint8Array.of(1, 2, 3));
  kept.push(Uint8Array.of(4));
  kept.arrived(3);
  expect(kept.waiting).toBe(1);
  expect(kept.after(2)).toBeUndefined();
  expect(joined(kept.after(3))).toEqual([4]);
  kept.arrived(1);
  kept.arrived(99);
  expect([kept.waiting, kept.total]).toEqual([0, 4]);
  expect(kept.after(4)).toEqual([]);
  expect(kept.after(1.5)).toBeUndefined();
});
