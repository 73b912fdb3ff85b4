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

test("an IPv4 address is one, whichever family the listener has", () => {
  expect(["::ffff:10.0.0.1", "10.0.0.1", "fe80::1"].map(plainAddress)).toEqual([
    ...["10.0.0.1", "10.0.0.1", "fe80::1"],
  ]);
});
