import { expect, test } from "vitest";
import { labelPlace } from "./map-label.ts";

const WAY = [
  { x: 300, y: 0 },
  { x: 300, y: 10 },
  { x: 100, y: 10 },
  { x: 100, y: 160 },
];

test("a name stands in the middle of the longest stretch", () => {
  expect(labelPlace(WAY, "modbus", [])).toEqual({ x: 200, y: 10 });
});

test("where it would hide something there, it stands elsewhere along the way", () => {
  const zone = { x: 90, y: -30, width: 240, height: 36 };
  const place = labelPlace(WAY, "modbus", [zone]);
  expect(place.x).toBe(100);
  expect(place.y).toBeGreaterThan(17);
});

test("two names do not hide one another", () => {
  const place = labelPlace(WAY, "ssh", [{ x: 180, y: 0, width: 40, height: 20 }]);
  expect(Math.abs(place.x - 200)).toBeGreaterThan(20);
});

test("where there is no room at all, the middle of the longest stretch has it", () => {
  const everything = { x: 0, y: -100, width: 1_000, height: 1_000 };
  expect(labelPlace(WAY, "vnc", [everything])).toEqual({ x: 200, y: 10 });
});
