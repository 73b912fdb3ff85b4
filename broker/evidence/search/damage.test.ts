/** The index is derived: whatever happens to it, what it answers is true, and it comes back. */
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ModbusHistory } from "../../../protocols/modbus/history.ts";
import { AUDITOR, TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import {
  ask,
  caughtUp,
  openTestEvidence,
  recordWrites,
} from "../../../test/kit/searched-recordings.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { diskVolume } from "../disk-volume.ts";
import type { Evidence } from "../evidence.ts";
import { recordsOf } from "../recording-records.ts";
import { Retention } from "../retention.ts";
import type { Search } from "./search.ts";

const SESSIONS = ["s-1", "s-2", "s-3"];
/** Segments of a few records, so that an index has several of them to put together. */
const SMALL = { segmentBytes: 2_000 };

let directory = "";
let folder = "";

beforeEach(async () => {
  directory = temporaryFolder();
  folder = path.join(directory, "search");
  const evidence = await openTestEvidence(directory, SMALL);
  for (const [at, session] of SESSIONS.entries()) {
    await recordWrites(
      evidence,
      session,
      Array.from({ length: 40 }, (_, n) => 100 * at + n),
    );
  }
  const search = evidence.openSearch(() => undefined);
  await caughtUp(search, SESSIONS.length);
  await evidence.close();
});

/** A new run of the broker over what is on disk. */
async function nextRun(
  troubles: string[] = [],
): Promise<{ readonly evidence: Evidence; readonly search: Search }> {
  const evidence = await openTestEvidence(directory, SMALL);
  onTestFinished(() => evidence.close());
  return { evidence, search: evidence.openSearch((cause) => troubles.push(cause)) };
}

async function writesFound(search: Search): Promise<number> {
  return (await ask(search, "action:modbus:write")).hits.length;
}

/** By reading every tape whole: the sequence of each write with this verdict and value. */
async function scanned(evidence: Evidence, min: number, verdict: string): Promise<string[]> {
  const found: string[] = [];
  for (const recording of await evidence.recordings.list()) {
    const history = new ModbusHistory();
    const rows = new Map<string, string>();
    for await (const records of recordsOf(evidence.recordings, recording)) {
      for (const row of records.flatMap((record) => history.push(record).rows)) {
        const { operation } = row;
        if (operation.action !== "modbus:write" || row.verdict !== verdict) continue;
        if ((operation.values[0] ?? 0) <= min) continue;
        rows.set(row.id, `${recording.header.session} ${row.sequence}`);
      }
    }
    found.push(...rows.values());
  }
  return found.sort();
}

/** A busy test machine needs some of it. */
const PATIENCE = { timeout: 60_000 };
/** For five runs of a broker, each of which looks at its recordings anew. */
const RUNS = { timeout: 180_000 };

test("what is found is what a reading of every tape finds", async () => {
  const { evidence, search } = await nextRun();
  await caughtUp(search, 3);
  for (const [min, verdict] of [
    [0, "deny"],
    [120, "permit"],
    [238, "permit"],
    [999, "deny"],
  ] as const) {
    const query = `tag:P101.* class:operate value:>${min} verdict:${verdict}`;
    const { hits } = await ask(search, query);
    const told = hits.map(({ session, at }) => `${session} ${at}`).sort();
    expect(told).toEqual(await scanned(evidence, min, verdict));
  }
});

test("an index that is gone is made again", async () => {
  for (const name of readdirSync(folder)) truncateSync(path.join(folder, name), 0);
  const { search } = await nextRun();
  await caughtUp(search, 3);
  expect(await writesFound(search)).toBe(120);
});

test(
  "wherever a byte is changed, nothing false is found, and the index is made again",
  RUNS,
  async () => {
    const file = path.join(folder, "s-2.idx");
    const whole = readFileSync(file);
    for (const part of [0.01, 0.2, 0.5, 0.8, 0.99]) {
      const damaged = Buffer.from(whole);
      const at = Math.floor(whole.length * part);
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      writeFileSync(file, damaged);
      const troubles: string[] = [];
      const { evidence, search } = await nextRun(troubles);
      await expect.poll(() => search.progress().recordings, PATIENCE).toBe(3);
      const found = await ask(search, "action:modbus:write");
      expect(found.hits.length === 120 || found.behind > 0).toBe(true);
      for (const { row } of found.hits) expect(row.action).toBe("modbus:write");
      await caughtUp(search, 3);
      expect(await writesFound(search)).toBe(120);
      await evidence.close();
    }
  },
);

test("wherever a write was torn, the index goes on from there", RUNS, async () => {
  const file = path.join(folder, "s-3.idx");
  const whole = readFileSync(file);
  for (const part of [0.05, 0.4, 0.7, 0.999]) {
    writeFileSync(file, whole.subarray(0, Math.floor(whole.length * part)));
    const { evidence, search } = await nextRun();
    await caughtUp(search, 3);
    expect(await writesFound(search)).toBe(120);
    await evidence.close();
  }
});

test("the index of one recording is none for another", async () => {
  writeFileSync(path.join(folder, "s-1.idx"), readFileSync(path.join(folder, "s-2.idx")));
  const { search } = await nextRun();
  await caughtUp(search, 3);
  const { hits } = await ask(search, "recording:s-1 action:modbus:write");
  expect(hits.map(({ row }) => row.points[0]?.max)).toContain(39);
  expect(hits).toHaveLength(40);
});

test("an index of another site's key is not read, and is made again", async () => {
  const before = readFileSync(path.join(folder, "s-1.idx"));
  const { encryptTo } = await import("../age-file.ts");
  const other = await encryptTo(new Uint8Array(32), [AUDITOR.recipient]);
  writeFileSync(path.join(folder, "key"), other);
  const { search } = await nextRun();
  await caughtUp(search, 3);
  expect(await writesFound(search)).toBe(120);
  expect(readFileSync(path.join(folder, "s-1.idx")).equals(before)).toBe(false);
  expect(TEST_KEYS.site).not.toBe(AUDITOR.recipient);
});

test("a recording whose segment was altered is said not to be searched whole", async () => {
  const segment = path.join(directory, "recordings", "s-1", "segments", "0.seg");
  const bytes = readFileSync(segment);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(segment, bytes);
  for (const name of readdirSync(folder)) truncateSync(path.join(folder, name), 0);
  const troubles: string[] = [];
  const { search } = await nextRun(troubles);
  await expect
    .poll(() => search.progress(), PATIENCE)
    .toEqual({ recordings: 3, behind: 1, isReady: true });
  const found = await ask(search, "action:modbus:write");
  expect([found.hits.length, found.behind]).toEqual([80, 1]);
  expect(troubles.join()).toContain("its hash differs");
});

test("the index goes with its recording, and before its content", async () => {
  const { evidence, search } = await nextRun();
  await caughtUp(search, 3);
  const contentAtForget: boolean[] = [];
  const retention = new Retention({
    ...{ volume: diskVolume, recordings: path.join(directory, "recordings") },
    clock: new TestClock(Date.now() + 100 * 86_400_000),
    keepMs: 86_400_000,
    tombstone: async ({ session }) => {
      await search.forget(session);
      contentAtForget.push(existsSync(path.join(directory, "recordings", session, "segments")));
    },
    changed: () => undefined,
    trouble: (error) => {
      throw error;
    },
  });
  await evidence.recordings.hold("s-2", { by: { id: "p", name: "P" }, reason: "x", atMs: 1 });
  await retention.sweep();
  expect(contentAtForget).toEqual([true, true]);
  expect(readdirSync(folder).sort()).toEqual(["key", "s-2.idx"]);
  expect(await writesFound(search)).toBe(40);
  await expect.poll(() => search.progress().recordings, { timeout: 10_000 }).toBe(1);
});

test("an index that outlived its recording is removed at the next start", async () => {
  writeFileSync(path.join(folder, "s-9.idx"), "left behind");
  const { search } = await nextRun();
  await caughtUp(search, 3);
  expect(existsSync(path.join(folder, "s-9.idx"))).toBe(false);
});
