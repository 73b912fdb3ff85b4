/**
 * The n-th file operation of a log's life fails, for every n, once or from then on. Whatever
 * fails: no acknowledged leaf is lost, the checkpoint never goes back, and a restart finds one
 * whole log. It takes seconds: every place where a write can fail is tried.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseKey } from "../../../protocols/log/note.ts";
import { FailingVolume } from "../../../test/kit/failing-volume.ts";
import { systemClock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import type { Volume } from "../volume.ts";
import { checkLog } from "./check-log.ts";
import { LogUnavailable } from "./commit-queue.ts";
import { sha256 } from "./sha256.ts";
import { SiteLog } from "./site-log.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "log-faults-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Lived {
  readonly kept: Map<number, number>;
  readonly publicKey: Uint8Array | undefined;
  readonly published: number;
}

const ROUNDS = 3;
const LEAVES = 100;

/** Appends and publishes as a broker would, going on past whatever fails. */
async function live(directory: string, volume: Volume, from: number): Promise<Lived> {
  const kept = new Map<number, number>();
  let published = 0;
  let log: SiteLog;
  try {
    const limits = { retryMs: 1 };
    const clock = systemClock;
    log = await SiteLog.open({ directory, name: "t", build: "t", clock, volume, limits });
  } catch (error) {
    if (volume === diskVolume) throw error;
    return { kept, published, publicKey: undefined };
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const numbers = Array.from({ length: LEAVES }, (_, at) => from + round * LEAVES + at);
    const tried = numbers.map(async (number) => {
      const { index } = await log.append({ kind: "test", number });
      kept.set(number, index);
    });
    for (const one of await Promise.allSettled(tried)) {
      if (one.status === "rejected") expect(one.reason).toBeInstanceOf(LogUnavailable);
    }
    const before = log.checkpoint.size;
    await log.publish().catch((error) => expect(error).toBeInstanceOf(LogUnavailable));
    published = log.checkpoint.size;
    expect(published).toBeGreaterThanOrEqual(before);
  }
  await log.close().catch(() => undefined);
  return { kept, publicKey: parseKey(log.key, sha256)?.publicKey, published };
}

async function mustHold(directory: string, first: Lived): Promise<void> {
  const second = await live(directory, diskVolume, 10_000);
  if (!second.publicKey) throw new Error("the log does not open again");
  const numbers: number[] = [];
  const checked = await checkLog(diskVolume, path.join(directory, "1"), second.publicKey, (entry) =>
    numbers.push(JSON.parse(new TextDecoder().decode(entry)).number ?? -1),
  );
  expect(checked).toMatchObject({ kind: "whole" });
  expect(second.published).toBeGreaterThanOrEqual(first.published);
  expect(second.kept.size).toBe(ROUNDS * LEAVES);
  for (const [number, index] of [...first.kept, ...second.kept])
    expect(numbers[index]).toBe(number);
}

test.each([
  ["EIO", false],
  ["EIO", true],
  ["ENOSPC", true],
] as const)(
  "whatever operation fails with %s (for good: %s), nothing kept is lost",
  { timeout: 240_000 },
  async (code, forever) => {
    const whole = new FailingVolume();
    await live(path.join(folder, "whole"), whole, 0);
    // Every write, sync and rename of a log's beginning, its commits, tiles and checkpoints.
    for (let failAt = 1; failAt <= whole.count; failAt += 1) {
      const volume = Object.assign(new FailingVolume(), { failAt, forever, code });
      const directory = path.join(folder, String(failAt));
      await mustHold(directory, await live(directory, volume, 0));
      await rm(directory, { recursive: true });
    }
  },
);
