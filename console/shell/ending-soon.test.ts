import { expect, test } from "vitest";
import { isEndingSoon } from "./ending-soon.ts";

const MINUTE_MS = 60_000;
const leftOf = (lifeMinutes: number, leftMinutes: number) =>
  isEndingSoon(
    { assertedMs: 0, absoluteEndsMs: lifeMinutes * MINUTE_MS },
    (lifeMinutes - leftMinutes) * MINUTE_MS,
  );

test("half an hour before its end a person hears of it, of short sign-ins in the last quarter", () => {
  expect([leftOf(720, 31), leftOf(720, 29), leftOf(720, -1)]).toEqual([false, true, true]);
  expect([leftOf(8, 3), leftOf(8, 1)]).toEqual([false, true]);
});
