import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { CAPABILITIES_VALID_MS } from "../policy/capabilities.ts";
import { Redecisions } from "./redecisions.ts";

const item = (name: string) => ({ name });

test("each item is decided again before its decision expires, and no more once it is forgotten", () => {
  const clock = new TestClock();
  const times: number[] = [];
  const redecisions = new Redecisions<object>(clock, (each) => {
    times.push(clock.monotonicMs());
    redecisions.decided(each);
  });
  const one = item("one");
  redecisions.decided(one);
  clock.advance(3 * CAPABILITIES_VALID_MS);
  const gaps = times.map((time, n) => time - (times[n - 1] ?? 0));
  expect(times.length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...gaps)).toBeLessThan(CAPABILITIES_VALID_MS);
  redecisions.forget(one);
  const count = times.length;
  clock.advance(3 * CAPABILITIES_VALID_MS);
  expect(times).toHaveLength(count);
});

test("many items that take long leave room for others in between, and none is left out", () => {
  const clock = new TestClock();
  let slow = 0;
  const slowClock = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => slow,
    after: (delayMs: number, call: () => void) => clock.after(delayMs, call),
  };
  const decided: string[] = [];
  const redecisions = new Redecisions<{ name: string }>(slowClock, ({ name }) => {
    slow += 5;
    decided.push(name);
  });
  redecisions.all(Array.from({ length: 10 }, (_, n) => item(String(n))));
  expect(decided.length).toBeLessThan(10);
  clock.after(0, () => void decided.push("a cut"));
  clock.advance(1);
  expect(decided.indexOf("a cut")).toBeLessThan(10);
  expect(decided).toHaveLength(11);
});

test("one that fails does not keep the others from being decided", () => {
  const decided: string[] = [];
  const redecisions = new Redecisions<{ name: string }>(new TestClock(), ({ name }) => {
    if (name === "bad") throw new Error("it does not");
    decided.push(name);
  });
  expect(() => redecisions.all([item("a"), item("bad"), item("b")])).toThrow(AggregateError);
  expect(decided).toEqual(["a", "b"]);
});
