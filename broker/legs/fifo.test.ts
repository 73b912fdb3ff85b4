import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

test("it behaves as an array does, whatever is pushed, shifted, popped or removed", () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), value: fc.integer({ min: 1 }) }),
    fc.record({ kind: fc.constantFrom("shift" as const, "pop" as const, "odd" as const) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 400 }), (acts) => {
      const fifo = new Fifo<number>();
      let model: number[] = [];
      for (const each of acts) {
        if (each.kind === "push") {
          fifo.push(each.value);
          model.push(each.value);
        } else if (each.kind === "shift") expect(fifo.shift()).toBe(model.shift());
        else if (each.kind === "pop") expect(fifo.pop()).toBe(model.pop());
        else {
          expect(fifo.remove((n) => n % 2 === 1)).toEqual(model.filter((n) => n % 2 === 1));
          model = model.filter((n) => n % 2 === 0);
        }
        expect(fifo.length).toBe(model.length);
        expect(fifo.peek()).toBe(model[0]);
      }
    }),
  );
});

test("ten thousand in and out stay in order", () => {
  const fifo = new Fifo<number>();
  for (let n = 0; n < 10_000; n++) fifo.push(n);
  for (let n = 0; n < 10_000; n++) expect(fifo.shift()).toBe(n);
  expect(fifo.shift()).toBeUndefined();
});
