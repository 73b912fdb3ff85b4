import { expect, test } from "vitest";
import { monthsUntil } from "./wall-time.ts";

const iso = (ms: number) => new Date(ms).toISOString();

test("months begin at midnight on the wall, across changes of the clocks and of the year", () => {
  const months = monthsUntil(Date.parse("2026-04-10T10:00:00Z"), "Europe/Vienna", 5);
  expect(months.map(({ name }) => name)).toEqual([
    ...["2026-04", "2026-03", "2026-02", "2026-01", "2025-12"],
  ]);
  expect(iso(months[0]?.fromMs ?? 0)).toBe("2026-03-31T22:00:00.000Z");
  expect(iso(months[1]?.fromMs ?? 0)).toBe("2026-02-28T23:00:00.000Z");
  for (const [n, { fromMs }] of months.entries()) {
    if (n + 1 < months.length) expect(months[n + 1]?.untilMs).toBe(fromMs);
  }
});

test("the first minutes of a month belong to it where the site is, not where the server is", () => {
  const [now] = monthsUntil(Date.parse("2026-06-30T23:30:00Z"), "Europe/Vienna", 1);
  expect(now?.name).toBe("2026-07");
  const [there] = monthsUntil(Date.parse("2026-07-01T02:30:00Z"), "America/New_York", 1);
  expect(there?.name).toBe("2026-06");
});
