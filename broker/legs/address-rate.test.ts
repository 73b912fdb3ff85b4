import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { AddressRate } from "./address-rate.ts";

test("an address that came too often waits for the end of its minute, and others do not", () => {
  const clock = new TestClock();
  const rate = new AddressRate(2, clock);
  expect([rate.take("10.0.0.1"), rate.take("10.0.0.1")]).toEqual([0, 0]);
  clock.advance(20_000);
  expect(rate.take("10.0.0.1")).toBe(40_000);
  expect(rate.take("10.0.0.2")).toBe(0);
  clock.advance(40_000);
  expect(rate.take("10.0.0.1")).toBe(0);
});

test("a host that roams in its network of IPv6 is one, and who has many networks forgets the oldest alone", () => {
  const rate = new AddressRate(1, new TestClock());
  expect([rate.take("2001:db8::1"), rate.take("::ffff:10.0.0.1")]).toEqual([0, 0]);
  expect(rate.take("2001:db8:0:0:9::2")).toBeGreaterThan(0);
  expect(rate.take("10.0.0.1")).toBeGreaterThan(0);
  for (let n = 0; n < 9_999; n += 1) rate.take(`2001:db8:1:${n.toString(16)}::1`);
  expect(rate.take("10.0.0.1")).toBeGreaterThan(0);
  expect(rate.take("2001:db8::1")).toBe(0);
});
