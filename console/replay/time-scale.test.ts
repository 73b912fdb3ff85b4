import fc from "fast-check";
import { expect, test } from "vitest";
import { densityOf, follow, momentAt, pan, placeOf, ticksOf, zoom } from "./time-scale.ts";

const WHOLE = { fromMs: 0, untilMs: 100_000 };

test("a click lands where the mark is drawn", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (place) => {
      expect(placeOf(WHOLE, momentAt(WHOLE, place))).toBeCloseTo(place, 9);
    }),
  );
});

test("zooming keeps the moment under the pointer in its place", () => {
  const view = zoom(WHOLE, WHOLE, 40_000, 0.5);
  expect(placeOf(view, 40_000)).toBeCloseTo(0.4);
  expect(view.untilMs - view.fromMs).toBe(50_000);
});

test("zooming out ends at the whole, zooming in ends at half a second", () => {
  expect(zoom({ fromMs: 10_000, untilMs: 20_000 }, WHOLE, 15_000, 100)).toEqual(WHOLE);
  const close = zoom({ fromMs: 10_000, untilMs: 10_600 }, WHOLE, 10_300, 0.01);
  expect(close.untilMs - close.fromMs).toBe(500);
});

test("no zooming or moving ever shows time outside the recording", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.boolean(),
          fc.double({ min: -3, max: 3, noNaN: true }),
          fc.double({ min: 0, max: 1, noNaN: true }),
        ),
      ),
      (moves) => {
        let view = WHOLE;
        for (const [zooms, amount, place] of moves) {
          view = zooms
            ? zoom(view, WHOLE, momentAt(view, place), Math.abs(amount))
            : pan(view, WHOLE, amount);
          expect(view.fromMs).toBeGreaterThanOrEqual(WHOLE.fromMs - 1e-6);
          expect(view.untilMs).toBeLessThanOrEqual(WHOLE.untilMs + 1e-6);
          expect(view.untilMs).toBeGreaterThan(view.fromMs);
        }
      },
    ),
  );
});

test("a head that leaves the view takes the view along", () => {
  const view = follow({ fromMs: 0, untilMs: 10_000 }, WHOLE, 12_000);
  expect(placeOf(view, 12_000)).toBeCloseTo(0.25);
  expect(follow(view, WHOLE, 13_000)).toBe(view);
});

test("ticks stand on round moments of the viewer's zone and never crowd", () => {
  const hour = 3_600_000;
  const ticks = ticksOf({ fromMs: 0, untilMs: 24 * hour }, 6, 0.5 * hour);
  expect(ticks.length).toBeLessThanOrEqual(6);
  expect(ticks.every((tick) => (tick + 0.5 * hour) % (6 * hour) === 0)).toBe(true);
});

test("density is spread over the time it belongs to, and nothing is lost", () => {
  const density = densityOf(
    WHOLE,
    [
      { fromMs: 0, untilMs: 50_000, count: 10 },
      { fromMs: 90_000, untilMs: 90_000, count: 5 },
    ],
    10,
  );
  expect(density.reduce((sum, piece) => sum + piece, 0)).toBeCloseTo(15);
  expect(density[0]).toBeCloseTo(2);
  expect(density[9]).toBeCloseTo(5);
  expect(density[6]).toBe(0);
});
