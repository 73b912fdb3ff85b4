import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { EVIDENCE_LIMITS } from "./limits.ts";
import { SealingPace, STANDS_STILL_MS } from "./sealing-pace.ts";

const LIMITS = { ...EVIDENCE_LIMITS, writeAheadFilesMax: 8 };

test("from half of the files on those wait that fill them, from three quarters on everybody", () => {
  const pace = new SealingPace(LIMITS, new TestClock());
  const seen = [1, 2, 3, 4, 5, 6, 7, 8].map((files) => {
    pace.begun(files);
    return pace.who;
  });
  expect(seen).toEqual(["not", "not", "not", "not", "fillers", "fillers", "all", "all"]);
  pace.close();
});

test("who waits looks again with each file that is sealed", async () => {
  const pace = new SealingPace(LIMITS, new TestClock());
  pace.begun(7);
  let looked = 0;
  pace.wait(() => looked++);
  expect(looked).toBe(0);
  pace.freed(6);
  await Promise.resolve();
  expect([looked, pace.who]).toEqual([1, "fillers"]);
  pace.freed(5);
  await Promise.resolve();
  expect(looked).toBe(1);
  pace.close();
});

test("where nothing is sealed any more nobody is kept waiting, until something is", async () => {
  const clock = new TestClock();
  const pace = new SealingPace(LIMITS, clock);
  pace.begun(7);
  let looked = 0;
  pace.wait(() => looked++);
  clock.advance(STANDS_STILL_MS - 1);
  await Promise.resolve();
  expect([looked, pace.who]).toEqual([0, "all"]);
  clock.advance(1);
  await Promise.resolve();
  expect([looked, pace.who]).toEqual([1, "not"]);
  pace.begun(8);
  expect(pace.who).toBe("not");
  pace.freed(7);
  expect(pace.who).toBe("all");
  pace.close();
});
