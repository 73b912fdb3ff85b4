import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseKey } from "../../../protocols/log/note.ts";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { StagedVolume } from "../../../test/kit/staged-volume.ts";
import { testHeader } from "../../../test/kit/tape-header.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { systemClock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { openEvidence } from "../evidence.ts";
import { checkLog } from "./check-log.ts";
import { LogUnavailable } from "./commit-queue.ts";
import { LogBook } from "./log-book.ts";
import { sha256 } from "./sha256.ts";

interface Leaf {
  readonly kind: string;
  readonly session?: string;
  readonly number?: number;
}

async function leavesOf(folder: string, book: LogBook): Promise<Leaf[]> {
  const key = parseKey(book.siteLog?.key ?? "", sha256);
  const leaves: Leaf[] = [];
  const log = path.join(folder, "log/1");
  const checked = await checkLog(diskVolume, log, key?.publicKey ?? new Uint8Array(0), (entry) =>
    leaves.push(JSON.parse(new TextDecoder().decode(entry))),
  );
  expect(checked).toMatchObject({ kind: "whole" });
  return leaves;
}

function optionsIn(folder: string) {
  return {
    directory: path.join(folder, "log"),
    recordings: path.join(folder, "evidence/recordings"),
    ...{ name: "t", build: "t" },
  };
}

test("a session is in the log before it begins, and its end with its recording's root", async () => {
  const folder = temporaryFolder();
  const directory = path.join(folder, "evidence");
  mkdirSync(directory);
  const clock = systemClock;
  const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "t", clock });
  const book = await LogBook.open({ ...optionsIn(folder), clock });
  const header = testHeader("s-1");
  const tape = await evidence.recorder.open(header);
  await book.openSession(header);
  expect(readdirSync(path.join(folder, "log/open"))).toEqual(["s-1"]);
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  book.closeSession("s-1");
  await book.close();
  const recording = await evidence.recordings.get("s-1");
  await evidence.close();
  expect(readdirSync(path.join(folder, "log/open"))).toEqual([]);
  const leaves = await leavesOf(folder, book);
  expect(leaves.map(({ kind }) => kind).slice(-2)).toEqual(["session.open", "session.close"]);
  expect(leaves.at(-1)).toMatchObject({ state: "sealed", records: recording?.records });
});

test("a session that a crash cut short gets its end at the next start", async () => {
  const folder = temporaryFolder();
  const first = await LogBook.open({ ...optionsIn(folder), clock: new TestClock() });
  await first.openSession(testHeader("s-1"));
  await first.close();
  const second = await LogBook.open({ ...optionsIn(folder), clock: new TestClock() });
  await second.close();
  const aborted = (await leavesOf(folder, second)).filter(({ kind }) => kind === "session.aborted");
  expect(aborted).toMatchObject([{ session: "s-1" }]);
  const third = await LogBook.open({ ...optionsIn(folder), clock: new TestClock() });
  await third.close();
  const again = (await leavesOf(folder, third)).filter(({ kind }) => kind === "session.aborted");
  expect(again).toHaveLength(1);
});

test("while the log fails no session begins, and what is noted goes in later, in order", async () => {
  const folder = temporaryFolder();
  const volume = new StagedVolume();
  const clock = new TestClock();
  const book = await LogBook.open({ ...optionsIn(folder), clock, volume });
  const states: string[] = [];
  book.onState(({ kind }) => states.push(kind));
  volume.failure = new Error("ENOSPC: no space left");
  await expect(book.openSession(testHeader("s-1"))).rejects.toThrow(LogUnavailable);
  for (let number = 0; number < 20; number += 1) book.note({ kind: "test", number });
  await until(() => states.length === 1);
  volume.failure = undefined;
  clock.advance(1_000);
  await until(() => states.length === 2);
  await book.openSession(testHeader("s-2"));
  await book.close();
  const numbers = (await leavesOf(folder, book)).flatMap(({ number }) => number ?? []);
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

test("a log that cannot be opened is a state with its cause, not the end of the broker", async () => {
  const folder = temporaryFolder();
  const clock = new TestClock();
  const first = await LogBook.open({ ...optionsIn(folder), clock });
  await first.close();
  rmSync(path.join(folder, "log/1/checkpoint"));
  const book = await LogBook.open({ ...optionsIn(folder), clock });
  onTestFinished(() => book.close());
  expect(book.state).toMatchObject({ cause: expect.stringContaining("checkpoint is gone") });
  await expect(book.openSession(testHeader("s-1"))).rejects.toThrow("checkpoint is gone");
});

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { interval: 5, timeout: 10_000 }).toBe(true);
}
