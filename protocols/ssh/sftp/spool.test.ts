import fc from "fast-check";
import { expect, test } from "vitest";
import { Spool } from "./spool.ts";

const write = fc.record({
  offset: fc.nat(70_000),
  data: fc.uint8Array({ maxLength: 40_000 }),
});

test("what is written lies where a file would have it, and holes are refused", () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 12 }), (writes) => {
      const spool = new Spool(true);
      let model = Buffer.alloc(0);
      for (const { offset, data } of writes) {
        const fits = offset <= model.length;
        expect(spool.write(offset, data)).toBe(fits);
        if (!fits) continue;
        const end = Math.max(model.length, offset + data.length);
        const next = Buffer.alloc(end);
        model.copy(next);
        Buffer.from(data).copy(next, offset);
        model = next;
      }
      expect(spool.size).toBe(model.length);
      expect(Buffer.from(spool.content()).equals(model)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("a file that was there before is whole only where its size was said last", () => {
  const spool = new Spool(false);
  expect(spool.isWhole).toBe(false);
  spool.write(0, Uint8Array.of(1, 2, 3));
  expect(spool.isWhole).toBe(false);
  expect(spool.resize(4)).toBe(false);
  expect(spool.resize(3)).toBe(true);
  expect(spool.isWhole).toBe(true);
  spool.write(3, Uint8Array.of(4));
  expect(spool.isWhole).toBe(false);
  expect(spool.resize(2)).toBe(true);
  expect(spool.isWhole).toBe(true);
  expect([...spool.content()]).toEqual([1, 2]);
  expect(new Spool(true).isWhole).toBe(true);
});

test("what was handed out does not change with what is written later", () => {
  const spool = new Spool(true);
  spool.write(0, Uint8Array.of(1, 2, 3));
  const content = spool.content();
  spool.write(0, Uint8Array.of(9));
  expect([...content]).toEqual([1, 2, 3]);
});
