import { mkdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseKey } from "../protocols/log/note.ts";
import { temporaryFolder } from "../test/kit/temporary.ts";
import { TestClock } from "../test/kit/test-clock.ts";
import { HealthBoard } from "./api/health/health-board.ts";
import { createMetrics } from "./api/health/metrics.ts";
import { TopicBell } from "./api/live/topic-bell.ts";
import { mirrorEvents } from "./event-mirror.ts";
import { diskVolume } from "./evidence/disk-volume.ts";
import { checkLog } from "./evidence/log/check-log.ts";
import { LogBook } from "./evidence/log/log-book.ts";
import { sha256 } from "./evidence/log/sha256.ts";
import { openLog } from "./log.ts";
import { Noticed } from "./noticed.ts";
import { openStore } from "./store/store.ts";

const HOUR_MS = 60 * 60_000;

/** Longer than between two looks at the clocks. */
const A_WHILE_MS = 6_000;

async function leavesWhile(folder: string, work: (clock: TestClock) => void): Promise<string[]> {
  const clock = new TestClock();
  mkdirSync(path.join(folder, "recordings"));
  const store = await openStore({ path: path.join(folder, "sallyport.db"), clock });
  const places = {
    directory: path.join(folder, "log"),
    recordings: path.join(folder, "recordings"),
  };
  const book = await LogBook.open({ ...places, name: "t", build: "t", clock });
  const stopMirror = await mirrorEvents(store, book);
  const metrics = createMetrics();
  const log = openLog(path.join(folder, "broker.log"), "info");
  const shown = { board: new HealthBoard(clock), bell: new TopicBell() };
  const noticed = new Noticed({ store, clock, log, metrics, ...shown });
  const stop = noticed.clockSteps();
  work(clock);
  stop();
  // Kept in order: once this is there, so is what was noted before it.
  await store.log.record({ kind: "test:last", priority: "event", text: "last" });
  await book.close();
  await stopMirror();
  await store.close();
  metrics.close();
  const texts: string[] = [];
  const key = parseKey(book.siteLog?.key ?? "", sha256)?.publicKey ?? new Uint8Array(0);
  await checkLog(diskVolume, path.join(places.directory, "1"), key, (leaf) => {
    const { name, text } = JSON.parse(new TextDecoder().decode(leaf));
    if (name === "clock:stepped") texts.push(text);
  });
  return texts;
}

test("each step of the wall clock is a leaf of the site log, with its size and direction", async () => {
  const texts = await leavesWhile(temporaryFolder(), (clock) => {
    clock.advance(A_WHILE_MS);
    clock.stepWall(HOUR_MS);
    clock.advance(A_WHILE_MS);
    clock.stepWall(-2 * HOUR_MS);
    clock.advance(A_WHILE_MS);
  });
  expect(texts).toEqual([
    "The clock of this machine was set forward by 3600000 ms",
    "The clock of this machine was set back by 7200000 ms",
  ]);
});

test("a time service that slews the clock is not told of", async () => {
  const texts = await leavesWhile(temporaryFolder(), (clock) => {
    for (let n = 0; n < 10; n += 1) {
      clock.stepWall(400);
      clock.advance(A_WHILE_MS);
    }
  });
  expect(texts).toEqual([]);
});
