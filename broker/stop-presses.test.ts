import { expect, test } from "vitest";
import { StopPresses } from "./stop-presses.ts";

function asked(underNpm: boolean, ...atMs: readonly number[]): readonly string[] {
  const presses = new StopPresses(underNpm);
  return atMs.map((ms) => presses.signal(ms));
}

test("without npm every signal is a press: the second one stops at once, however soon", () => {
  expect(asked(false, 1_000, 1_050)).toEqual(["stop", "at-once"]);
  expect(asked(false, 1_000, 9_000)).toEqual(["stop", "at-once"]);
});

test("under npm the same press comes twice, and stops in order", () => {
  expect(asked(true, 1_000, 1_002)).toEqual(["stop", "same"]);
  expect(asked(true, 1_000, 1_480)).toEqual(["stop", "same"]);
});

test("under npm a second press counts at its first signal, however soon", () => {
  expect(asked(true, 1_000, 1_002, 1_120)).toEqual(["stop", "same", "at-once"]);
  expect(asked(true, 1_000, 1_002, 4_000)).toEqual(["stop", "same", "at-once"]);
});

test("under npm a signal to the broker alone comes once: a later one is the second press", () => {
  expect(asked(true, 1_000, 1_501)).toEqual(["stop", "at-once"]);
});
