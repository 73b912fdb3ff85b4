import fc from "fast-check";
import { expect, test } from "vitest";
import { offsetsOf, scrollToShow, windowOf } from "./window-of.ts";

test("a thousand rows draw only a screenful", () => {
  const offsets = offsetsOf(new Array<number>(1000).fill(30));
  const shown = windowOf(offsets, 15_000, 600);
  expect(shown.end - shown.first).toBeLessThan(45);
  expect(shown.first).toBeLessThanOrEqual(500);
  expect(shown.end).toBeGreaterThan(520);
});

test("drawn rows and empty space make up the whole height, and cover the view", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 1, max: 900 }),
      (heights, scrollTop, viewHeight) => {
        const offsets = offsetsOf(heights);
        const shown = windowOf(offsets, scrollTop, viewHeight);
        const drawn = heights
          .slice(shown.first, shown.end)
          .reduce((sum, height) => sum + height, 0);
        expect(shown.aboveHeight + drawn + shown.belowHeight).toBe(offsets.at(-1));
        const whole = offsets.at(-1) ?? 0;
        expect(shown.aboveHeight).toBeLessThanOrEqual(Math.min(scrollTop, whole));
        expect(whole - shown.belowHeight).toBeGreaterThanOrEqual(
          Math.min(scrollTop + viewHeight, whole),
        );
      },
    ),
  );
});

test("an empty list has no window", () => {
  expect(windowOf(offsetsOf([]), 0, 500)).toEqual({
    first: 0,
    end: 0,
    aboveHeight: 0,
    belowHeight: 0,
  });
});

test("a row in sight is not scrolled to; one below comes to the edge; a far one to the middle", () => {
  const offsets = offsetsOf(new Array<number>(100).fill(20));
  expect(scrollToShow(offsets, 3, 0, 200)).toBeUndefined();
  expect(scrollToShow(offsets, 10, 0, 200)).toBe(20);
  expect(scrollToShow(offsets, 90, 0, 200)).toBe(1700);
});
