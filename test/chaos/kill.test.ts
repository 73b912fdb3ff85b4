import { expect, test } from "vitest";
import { temporaryFolder } from "../kit/temporary.ts";
import { killOften } from "./kills.ts";
import { seeded } from "./seeded.ts";

const KILLS = 10;

/** Slow, and worth it: this is the promise that nothing unrecorded moves the plant. */
test("killed ten times while clients write: every write the PLC saw is in a recovered recording", {
  timeout: 360_000,
}, async () => {
  const figures = await killOften(temporaryFolder(), KILLS, seeded(7));
  expect(figures.missing).toEqual([]);
  expect(figures.repeated).toEqual([]);
  expect(figures.states).toEqual({ aborted: KILLS });
  expect(figures.seen).toBeGreaterThan(KILLS);
  expect(figures.seen).toBeGreaterThanOrEqual(figures.acknowledged);
});
