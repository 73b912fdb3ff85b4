import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MessageRate } from "../../broker/api/live/message-rate.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { Pace } from "./pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page and the broker's own measure of it, on one clock that the test moves. */
function page() {
  const clock = new TestClock();
  const rate = new MessageRate(clock);
  const pace = new Pace(() => clock.monotonicMs());
  const said: string[] = [];
  let cut = false;
  const say = (what: string) => () => {
    said.push(what);
    cut ||= !rate.take();
  };
  const passes = (ms: number) => {
    for (let n = 0; n < ms; n += 1) {
      clock.advance(1);
      vi.advanceTimersByTime(1);
    }
  };
  return { pace, say, said, passes, isCut: () => cut };
}

test("what a person does is said at once", () => {
  const { pace, say, said, passes } = page();
  for (let n = 0; n < 200; n += 1) {
    pace.ask(say(`${n}`));
    expect(said).toHaveLength(n + 1);
    passes(5);
  }
});

test("a screen that wants an answer a thousand times a second never makes the broker cut the page off, for minutes", () => {
  const { pace, say, said, passes, isCut } = page();
  const [ask, pay] = [say("ask"), say("pay")];
  for (let n = 0; n < 120_000; n += 1) {
    pace.ask(ask);
    pace.ask(pay);
    passes(1);
  }
  expect(isCut()).toBe(false);
  // Both get on, one as often as the other.
  const asks = said.filter((what) => what === "ask").length;
  expect(asks).toBeGreaterThan(14_000);
  expect(Math.abs(said.length - 2 * asks)).toBeLessThan(3);
});

test("what is forgotten is not said, and what waits goes in its order", () => {
  const { pace, say, said, passes } = page();
  for (let n = 0; n < 400; n += 1) pace.ask(say(`${n}`));
  const late = say("late");
  pace.ask(late);
  pace.forget(late);
  passes(1_000);
  expect(said).toEqual(Array.from({ length: 400 }, (_, n) => `${n}`));
});
