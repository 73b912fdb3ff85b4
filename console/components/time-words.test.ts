import { expect, test } from "vitest";
import {
  duration,
  exactClockTime,
  exactUtc,
  fromLocalInput,
  relativeTime,
  roughDuration,
  toLocalInput,
} from "./time-words.ts";

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("a moment ago is now", () => {
  expect(relativeTime(NOW - 4_999, NOW)).toBe("now");
  expect(relativeTime(NOW + 4_999, NOW)).toBe("now");
});

test("the past and the future are told apart", () => {
  expect(relativeTime(NOW - 3 * MINUTE, NOW)).toBe("3 min ago");
  expect(relativeTime(NOW + 3 * MINUTE, NOW)).toBe("in 3 min");
});

test("a relative time has the units of a length", () => {
  expect(relativeTime(NOW - 12_000, NOW)).toBe("12 s ago");
  expect(relativeTime(NOW + 3 * HOUR, NOW)).toBe("in 3 h");
  expect(relativeTime(NOW + 6 * 24 * HOUR, NOW)).toBe("in 6 days");
});

test("a relative time never promises more than has passed", () => {
  expect(relativeTime(NOW - 119_000, NOW)).toBe("1 min ago");
  expect(relativeTime(NOW - 47 * HOUR, NOW)).toBe("yesterday");
});

test("beyond a week the date is shown", () => {
  expect(relativeTime(NOW - 8 * 24 * HOUR, NOW)).toBe("14 Nov 2026");
});

test("a length of time has its two largest units", () => {
  expect(duration(9_999)).toBe("9 s");
  expect(duration(4 * MINUTE + 10_000)).toBe("4 min 10 s");
  expect(duration(2 * HOUR + 5 * MINUTE + 59_000)).toBe("2 h 05 min");
  expect(duration(50 * HOUR)).toBe("2 d 2 h");
});

test("a deadline that has passed is nought, not negative", () => {
  expect(duration(-1)).toBe("0 s");
});

test("a rough length drops seconds from ten minutes on", () => {
  expect(roughDuration(9 * MINUTE)).toBe("9 min 00 s");
  expect(roughDuration(59 * MINUTE + 59_000)).toBe("59 min");
});

test("the exact time is UTC and names it", () => {
  expect(exactClockTime(NOW + 5)).toMatch(/^\d{2}:\d{2}:00\.005$/);
  expect(exactUtc(NOW + 5)).toBe("2026-11-22 12:00:00.005 UTC");
});

test("a time survives the way through an input field to the minute", () => {
  expect(fromLocalInput(toLocalInput(NOW))).toBe(NOW);
  expect(fromLocalInput("")).toBeUndefined();
});
