import { expect, test } from "vitest";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { MESSAGES_AT_ONCE, MESSAGES_PER_SECOND, MessageRates } from "./message-rate.ts";

/** How many of so many it may send now. */
function taken(rate: { take(): boolean }, of: number): number {
  let count = 0;
  for (let n = 0; n < of; n += 1) if (rate.take()) count += 1;
  return count;
}

test("one page sends as much as it has saved, then as much as comes in", () => {
  const clock = new TestClock();
  const page = new MessageRates(clock).ofPage("ann");
  expect(taken(page, 10_000)).toBe(MESSAGES_AT_ONCE);
  clock.advance(1_000);
  expect(taken(page, 10_000)).toBe(MESSAGES_PER_SECOND);
  clock.advance(3_600_000);
  expect(taken(page, 10_000)).toBe(MESSAGES_AT_ONCE);
});

test("a person with many pages, or pages that come again, sends as much as with four; others lose nothing", () => {
  const clock = new TestClock();
  const rates = new MessageRates(clock);
  const sent = () =>
    Array.from({ length: 50 }, () => taken(rates.ofPage("ann"), 10_000)).reduce((a, b) => a + b);
  expect(sent()).toBe(4 * MESSAGES_AT_ONCE);
  expect(sent()).toBe(0);
  expect(taken(rates.ofPage("bob"), 10_000)).toBe(MESSAGES_AT_ONCE);
  clock.advance(1_000);
  expect(sent()).toBe(4 * MESSAGES_PER_SECOND);
});
