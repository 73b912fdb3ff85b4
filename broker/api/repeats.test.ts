import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { Repeats } from "./repeats.ts";

const by = (person: string, route = "POST /x") => ({ person, route });

function counting() {
  const clock = new TestClock();
  const repeats = new Repeats(clock);
  let done = 0;
  const work = async () => {
    done += 1;
    return done;
  };
  return { clock, repeats, work, count: () => done };
}

test("the same key again, at once or later, does nothing again and answers the same", async () => {
  const { repeats, work, count } = counting();
  const twice = [1, 2].map(() => repeats.once(by("ada", "POST /x"), "key-00001", { a: 1 }, work));
  expect(await Promise.all(twice)).toEqual([1, 1]);
  expect(await repeats.once(by("ada", "POST /x"), "key-00001", { a: 1 }, work)).toBe(1);
  expect(count()).toBe(1);
});

test("without a key, with another one, or of another person or route it is done", async () => {
  const { repeats, work, count } = counting();
  await repeats.once(by("ada", "POST /x"), undefined, {}, work);
  await repeats.once(by("ada", "POST /x"), undefined, {}, work);
  await repeats.once(by("ada", "POST /x"), "key-00001", {}, work);
  await repeats.once(by("eve", "POST /x"), "key-00001", {}, work);
  await repeats.once(by("ada", "POST /y"), "key-00001", {}, work);
  expect(count()).toBe(5);
});

test("the same key for another body, and a key of another form, are refused", async () => {
  const { repeats, work, count } = counting();
  await repeats.once(by("ada"), "key-00001", { a: 1 }, work);
  expect(() => repeats.once(by("ada"), "key-00001", { a: 2 }, work)).toThrow("something else");
  for (const key of ["short", "x".repeat(101), "with space"]) {
    expect(() => repeats.once(by("ada"), key, {}, work)).toThrow("Idempotency-Key");
  }
  expect(count()).toBe(1);
});

test("what failed may be tried again, and nothing is kept for ever or without a bound", async () => {
  const { clock, repeats, work, count } = counting();
  const failing = () => Promise.reject(new Error("no"));
  await expect(repeats.once(by("ada"), "key-00001", {}, failing)).rejects.toThrow("no");
  expect(await repeats.once(by("ada"), "key-00001", {}, work)).toBe(1);
  clock.advance(10 * 60_000 + 1);
  expect(await repeats.once(by("ada"), "key-00001", {}, work)).toBe(2);
  for (let n = 0; n < 1_500; n++) await repeats.once(by("ada"), `key-of-${n}-long`, {}, work);
  await repeats.once(by("ada"), "key-of-0-long", {}, work);
  expect(count()).toBe(1_503);
});

test("somebody's thousand keys push out nobody else's", async () => {
  const { repeats, work } = counting();
  const quiet = await repeats.once(by("quiet"), "key-00001", {}, work);
  for (let n = 0; n < 1_000; n++) await repeats.once(by("noisy"), `key-of-${n}-long`, {}, work);
  for (let p = 0; p < 100; p++) {
    for (let n = 0; n < 30; n++) await repeats.once(by(`p${p}`), `key-of-${n}-long`, {}, work);
  }
  expect(await repeats.once(by("quiet"), "key-00001", {}, work)).toBe(quiet);
});
