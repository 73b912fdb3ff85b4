import { expect, test } from "vitest";
import { toLocalInput } from "../../components/time-words.ts";
import { grantFormText as words } from "../../text/grants.ts";
import { problemOfFrom, problemOfUntil } from "./grant-window.ts";

const NOW = new Date(2026, 10, 22, 12).getTime();
const HOUR = 3_600_000;
const at = (ms: number) => toLocalInput(ms);

test("a window from now into the future is fine", () => {
  const window = { from: at(NOW), until: at(NOW + HOUR) };
  expect(problemOfFrom(window)).toBeNull();
  expect(problemOfUntil(window, NOW)).toBeNull();
});

test("a window that has already passed or ends before it begins is named", () => {
  expect(problemOfUntil({ from: at(NOW - HOUR), until: at(NOW) }, NOW)).toBe(words.untilPast);
  const backwards = { from: at(NOW + 2 * HOUR), until: at(NOW + HOUR) };
  expect(problemOfUntil(backwards, NOW)).toBe(words.untilBeforeFrom);
});

test("an empty field asks for a date and a time", () => {
  expect(problemOfFrom({ from: "", until: "" })).toBe(words.timeMissing);
  expect(problemOfUntil({ from: "", until: "" }, NOW)).toBe(words.timeMissing);
});
