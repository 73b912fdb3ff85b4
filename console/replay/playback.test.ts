import fc from "fast-check";
import { expect, test } from "vitest";
import {
  advance,
  faster,
  idleSpans,
  type Playback,
  SPEEDS,
  seek,
  startAt,
  toggle,
} from "./playback.ts";

const SPAN = { fromMs: 1000, untilMs: 101_000 };
const PLAYING: Playback = { ...startAt(1000), playing: true, skipIdle: false };

test("the head moves by real time multiplied by the speed", () => {
  expect(advance({ ...PLAYING, speed: 4 }, 250, SPAN, []).atMs).toBe(2000);
  expect(advance({ ...PLAYING, speed: 0.5 }, 250, SPAN, []).atMs).toBe(1125);
});

test("a paused head stays", () => {
  expect(advance(startAt(5000), 10_000, SPAN, []).atMs).toBe(5000);
});

test("playing stops at the end, and play begins anew", () => {
  const ended = advance(PLAYING, 1_000_000, SPAN, []);
  expect(ended).toMatchObject({ atMs: SPAN.untilMs, playing: false });
  expect(toggle(ended, SPAN)).toMatchObject({ atMs: SPAN.fromMs, playing: true });
});

test("a seek stays within the recording and keeps playing", () => {
  expect(seek(PLAYING, -5, SPAN)).toMatchObject({ atMs: 1000, playing: true });
  expect(seek(PLAYING, 1e12, SPAN).atMs).toBe(SPAN.untilMs);
});

test("a seek in a live session stops following", () => {
  expect(seek({ ...startAt(2000), following: true }, 1500, SPAN).following).toBe(false);
});

test("a following head is always at the newest moment", () => {
  expect(advance({ ...startAt(2000), following: true }, 1, SPAN, []).atMs).toBe(SPAN.untilMs);
});

test("long pauses are idle, with a margin left at each side", () => {
  expect(idleSpans([2000, 4000, 60_000], { fromMs: 1000, untilMs: 61_000 })).toEqual([
    { fromMs: 9000, untilMs: 55_000 },
  ]);
});

test("where nothing but reading happened, nothing is idle", () => {
  expect(idleSpans([], SPAN)).toEqual([]);
});

test("idle stretches take no time when they are skipped", () => {
  const idle = [{ fromMs: 4500, untilMs: 59_500 }];
  const head = advance({ ...PLAYING, skipIdle: true }, 4000, SPAN, idle);
  expect(head.atMs).toBe(60_000);
});

test("a head placed inside an idle stretch leaves it at once", () => {
  const idle = [{ fromMs: 4500, untilMs: 59_500 }];
  const head = advance({ ...PLAYING, atMs: 30_000, skipIdle: true }, 16, SPAN, idle);
  expect(head.atMs).toBe(59_516);
});

test("the head does not depend on how real time was cut into frames", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 40 }),
      (moments, frames) => {
        const idle = idleSpans(
          moments.map((moment) => SPAN.fromMs + moment).sort((a, b) => a - b),
          SPAN,
        );
        const start = { ...PLAYING, skipIdle: true };
        const many = frames.reduce((head, ms) => advance(head, ms, SPAN, idle), start);
        const total = frames.reduce((sum, ms) => sum + ms, 0);
        expect(many.atMs).toBeCloseTo(advance(start, total, SPAN, idle).atMs, 3);
      },
    ),
  );
});

test("speeds run from half to sixteen times and stop there", () => {
  expect([SPEEDS[0], SPEEDS.at(-1)]).toEqual([0.5, 16]);
  expect(faster(16, 1)).toBe(16);
  expect(faster(1, -1)).toBe(0.5);
});
