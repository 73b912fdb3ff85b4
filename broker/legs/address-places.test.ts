import { expect, test } from "vitest";
import { AddressPlaces, plainAddress } from "./address-places.ts";

test("an address has its places and no more, and others have their own", () => {
  const places = new AddressPlaces(2);
  const [one, two] = [places.take("10.0.0.1"), places.take("10.0.0.1")];
  expect([one, two].every(Boolean)).toBe(true);
  expect(places.take("10.0.0.1")).toBeUndefined();
  expect(places.take("10.0.0.2")).toBeDefined();
  // A socket may be closed after it was let in: both give it back.
  one?.();
  one?.();
  expect(places.take("10.0.0.1")).toBeDefined();
  expect(places.take("10.0.0.1")).toBeUndefined();
});

test("an IPv6 host has one set of places, whichever of its addresses it comes from", () => {
  const places = new AddressPlaces(2);
  const taken = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2::3"].map((address) =>
    places.take(address),
  );
  expect(taken.map(Boolean)).toEqual([true, true, false]);
  expect(places.take("2001:db8:1:3::1")).toBeDefined();
  taken[0]?.();
  expect(places.take("2001:db8:1:2::3")).toBeDefined();
});

test("an IPv4 address is one, whichever family the listener has", () => {
  expect(["::ffff:10.0.0.1", "10.0.0.1", "fe80::1"].map(plainAddress)).toEqual([
    ...["10.0.0.1", "10.0.0.1", "fe80::1"],
  ]);
});
