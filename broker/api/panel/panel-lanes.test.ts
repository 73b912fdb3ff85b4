import { expect, test } from "vitest";
import type { LiveSession } from "../../sessions/session.ts";
import { PanelLanes } from "./panel-lanes.ts";

test("what a page asks over and over is its own doing, what comes now and then a person's", () => {
  let nowMs = 0;
  const lanes = new PanelLanes({} as LiveSession, () => nowMs);
  const after = (ms: number, what: string) => {
    nowMs += ms;
    return lanes.isRepeated(what);
  };
  expect(after(0, "POST /poll")).toBe(false);
  for (let n = 0; n < 10; n++) expect(after(2_000, "POST /poll")).toBe(true);
  expect(after(0, "POST /start")).toBe(false);
  expect(after(120_000, "POST /start")).toBe(false);
  // What is remembered is bounded: a page with ever new addresses forgets its first ones.
  for (let n = 0; n < 200; n++) after(1, `POST /x?${n}`);
  expect(after(1, "POST /start")).toBe(false);
  expect(after(1, "POST /start")).toBe(true);
});
