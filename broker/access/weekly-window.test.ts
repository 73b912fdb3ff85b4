import fc from "fast-check";
import { expect, test } from "vitest";
import { DAYS, type WeeklyWindow } from "../store/model.ts";
import { problemOfWindow, windowAt } from "./weekly-window.ts";

const VIENNA = "Europe/Vienna";
const TUESDAY: WeeklyWindow = { day: "tue", from: "08:00", until: "12:00" };

function at(text: string): number {
  return Date.parse(text);
}

function shown(windows: readonly WeeklyWindow[], zone: string, now: string) {
  const span = windowAt(windows, zone, at(now));
  return span && [new Date(span.fromMs).toISOString(), new Date(span.untilMs).toISOString()];
}

test("inside the window it is the one that is open, to its last millisecond", () => {
  const open = ["2026-01-06T07:00:00.000Z", "2026-01-06T11:00:00.000Z"];
  expect(shown([TUESDAY], VIENNA, "2026-01-06T07:00:00Z")).toEqual(open);
  expect(shown([TUESDAY], VIENNA, "2026-01-06T10:59:59.999Z")).toEqual(open);
});

test("after it, it is the one of the next week", () => {
  const next = ["2026-01-13T07:00:00.000Z", "2026-01-13T11:00:00.000Z"];
  expect(shown([TUESDAY], VIENNA, "2026-01-06T11:00:00Z")).toEqual(next);
});

test("08:00 stays 08:00 on the wall when summer begins and ends", () => {
  expect(shown([TUESDAY], VIENNA, "2026-03-25T00:00:00Z")?.[0]).toBe("2026-03-31T06:00:00.000Z");
  expect(shown([TUESDAY], VIENNA, "2026-10-21T00:00:00Z")?.[0]).toBe("2026-10-27T07:00:00.000Z");
});

test("a window over the hour that is skipped is an hour shorter", () => {
  const sunday: WeeklyWindow = { day: "sun", from: "01:00", until: "04:00" };
  expect(shown([sunday], VIENNA, "2026-03-29T00:00:00Z")).toEqual([
    "2026-03-29T00:00:00.000Z",
    "2026-03-29T02:00:00.000Z",
  ]);
});

test("a window that begins or ends in the skipped hour does so at the jump", () => {
  const begins: WeeklyWindow = { day: "sun", from: "02:30", until: "04:00" };
  const ends: WeeklyWindow = { day: "sun", from: "01:00", until: "02:30" };
  const inside: WeeklyWindow = { day: "sun", from: "02:15", until: "02:45" };
  const jump = "2026-03-29T01:00:00.000Z";
  expect(shown([begins], VIENNA, "2026-03-28T12:00:00Z")?.[0]).toBe(jump);
  expect(shown([ends], VIENNA, "2026-03-28T12:00:00Z")?.[1]).toBe(jump);
  expect(shown([inside], VIENNA, "2026-03-28T12:00:00Z")?.[0]).toBe("2026-04-05T00:15:00.000Z");
});

test("an hour that comes twice belongs to the window both times", () => {
  const sunday: WeeklyWindow = { day: "sun", from: "02:00", until: "03:00" };
  expect(shown([sunday], VIENNA, "2026-10-24T12:00:00Z")).toEqual([
    "2026-10-25T00:00:00.000Z",
    "2026-10-25T02:00:00.000Z",
  ]);
});

test("windows that touch over midnight are one", () => {
  const night: WeeklyWindow[] = [
    { day: "mon", from: "22:00", until: "24:00" },
    { day: "tue", from: "00:00", until: "06:00" },
  ];
  expect(shown(night, VIENNA, "2026-01-05T23:30:00Z")).toEqual([
    "2026-01-05T21:00:00.000Z",
    "2026-01-06T05:00:00.000Z",
  ]);
});

test.each(["Pacific/Auckland", "America/St_Johns", "Asia/Kolkata", "Pacific/Kiritimati", "UTC"])(
  "what opens at 08:00 shows 08:00 in %s on every Tuesday of ten years",
  (timeZone) => {
    const wall = new Intl.DateTimeFormat("en-GB", {
      ...{ timeZone, weekday: "short", hour: "2-digit", minute: "2-digit" },
    });
    let nowMs = at("2026-01-01T00:00:00Z");
    for (let week = 0; week < 520; week++) {
      const span = windowAt([TUESDAY], timeZone, nowMs);
      if (!span) throw new Error("no window");
      expect(wall.format(span.fromMs)).toMatch(/Tue.*08:00/);
      expect(wall.format(span.untilMs)).toMatch(/Tue.*12:00/);
      nowMs = span.untilMs;
    }
  },
);

test("whatever the windows, the answer ends after now and lies within eight days", () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
  const window = fc
    .record({ day: fc.constantFrom(...DAYS), from: time, until: time })
    .filter((each) => problemOfWindow(each) === undefined);
  const now = fc.date({
    min: new Date("2020-01-01"),
    max: new Date("2040-01-01"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(fc.array(window, { minLength: 1, maxLength: 5 }), now, (windows, date) => {
      const span = windowAt(windows, VIENNA, date.getTime());
      // Only a window that lies wholly in the skipped hour does not come in a week.
      if (!span) return;
      expect(span.untilMs).toBeGreaterThan(date.getTime());
      expect(span.fromMs - date.getTime()).toBeLessThanOrEqual(8 * 86_400_000);
    }),
  );
});

test("no windows, no window; and words for what cannot be one", () => {
  expect(windowAt([], VIENNA, 0)).toBeUndefined();
  expect(problemOfWindow(TUESDAY)).toBeUndefined();
  expect(problemOfWindow({ day: "tue", from: "12:00", until: "08:00" })).toMatch(/ends after/);
  expect(problemOfWindow({ day: "tue", from: "8:00", until: "12:00" })).toMatch(/08:00/);
  expect(problemOfWindow({ day: "tue", from: "08:00", until: "24:30" })).toMatch(/08:00/);
});
