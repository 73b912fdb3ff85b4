/**
 * The n-th file operation of a recorded session fails, for every n, once or from then on. What
 * must hold whatever fails: a recording is never `sealed` without its data, what was called
 * durable is there after a restart, and closing ends.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { FailingVolume } from "../../test/kit/failing-volume.ts";
import { systemClock } from "../clock.ts";
import { diskVolume } from "./disk-volume.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import type { EvidenceLimits } from "./limits.ts";
import type { RecorderState, TapeWriter } from "./recorder.ts";
import type { Volume } from "./volume.ts";

const LIMITS: Partial<EvidenceLimits> = {
  segmentBytes: 600,
  writeAheadBytes: 8 * 1024,
  gatherBytesMax: 2 * 1024,
  reserveBytes: 4 * 1024,
  retryFirstMs: 2,
  retryMaxMs: 5,
  flushAfterMs: 1,
};

const HEADER: Header = {
  version: 1,
  build: "test",
  session: "s-1",
  site: "north",
  subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "treatment" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g-1", profile: "tuning", until: 1_900_000_000_000 },
  digests: { profile: "aa", plant: "bb" },
  tags: [],
  startedMs: 1_767_600_000_000,
};

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "faults-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, maxRetries: 20, retryDelay: 50 });
});

interface Story {
  /** Numbers that were called durable. */
  readonly durable: number[];
  readonly refused: number[];
  readonly states: RecorderState[];
  opened: boolean;
  closed: "closed" | "failed" | "not begun";
}

function open(volume: Volume): Promise<Evidence> {
  return openEvidence({
    directory,
    keys: TEST_KEYS,
    build: "test",
    clock: systemClock,
    limits: LIMITS,
    volume,
  });
}

/** Enough for a few segments and write-ahead files. */
const WRITES = 24;

/** A session of numbered writes, each awaited, and its end. */
async function record(volume: FailingVolume): Promise<Story> {
  const story: Story = { durable: [], refused: [], states: [], opened: false, closed: "not begun" };
  const evidence = await open(volume).catch(() => undefined);
  if (evidence === undefined) return story;
  evidence.recorder.onState((state) => story.states.push(state));
  const tape = await evidence.recorder.open(HEADER).catch(() => undefined);
  if (tape !== undefined) {
    story.opened = true;
    for (let n = 0; n < WRITES; n++) await write(tape, n, story);
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    story.closed = await tape.close().then(
      () => "closed" as const,
      () => "failed" as const,
    );
  }
  await evidence.close();
  return story;
}

async function write(tape: TapeWriter, n: number, story: Story): Promise<void> {
  const bytes = new Uint8Array(100);
  bytes[0] = n;
  tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
  const error = await new Promise<Error | undefined>((resolve) => tape.whenDurable(resolve));
  (error === undefined ? story.durable : story.refused).push(n);
}

async function recordsOf(evidence: Evidence): Promise<readonly TapeRecord[]> {
  const recording = await evidence.recordings.get("s-1");
  const records: TapeRecord[] = [];
  for (const { number } of recording?.segments ?? []) {
    const bytes = await evidence.recordings.segment("s-1", number);
    const read = readSegment(bytes ?? new Uint8Array(0));
    expect(read).toMatchObject({ kind: "segment", whole: true });
    records.push(...read.records);
  }
  return records;
}

function numbersOf(records: readonly TapeRecord[]): readonly (number | undefined)[] {
  return records.flatMap((record) => (record.kind === "bytes" ? [record.bytes[0]] : []));
}

/** After a restart on a volume that works. Answers the state that the recording ended in. */
async function mustHold(story: Story, what: string): Promise<string | undefined> {
  const evidence = await open(diskVolume);
  const recording = await evidence.recordings.get("s-1");
  const records = await recordsOf(evidence);
  const numbers = numbersOf(records);
  expect(numbers, what).toEqual([...numbers].sort((a, b) => (a ?? 0) - (b ?? 0)));
  expect(new Set(numbers).size, what).toBe(numbers.length);
  for (const n of story.durable) expect(numbers, `${what}: ${n} was durable`).toContain(n);
  if (story.opened) expect(recording?.state, what).not.toBe("open");
  if (recording?.state === "sealed") {
    expect(numbers, what).toHaveLength(WRITES);
    expect(records.at(-1), what).toMatchObject({ kind: "end" });
  }
  if (story.closed === "closed") expect(["sealed", "gap"], what).toContain(recording?.state);
  if (recording !== undefined) expect(recording.records, what).toBe(records.length);
  await evidence.close();
  return recording?.state;
}

async function countOperations(): Promise<number> {
  const volume = new FailingVolume();
  const story = await record(volume);
  expect(story).toMatchObject({ refused: [], states: [], closed: "closed" });
  expect(story.durable).toHaveLength(WRITES);
  await mustHold(story, "nothing fails");
  return volume.count;
}

async function sweep(failure: Partial<FailingVolume>): Promise<ReadonlySet<string | undefined>> {
  const total = await countOperations();
  const states = new Set<string | undefined>();
  for (let n = 1; n <= total; n++) {
    await rm(directory, { recursive: true, maxRetries: 20, retryDelay: 50 });
    directory = await mkdtemp(path.join(tmpdir(), "faults-"));
    const volume = Object.assign(new FailingVolume(), { failAt: n, ...failure });
    const story = await record(volume);
    states.add(await mustHold(story, `operation ${n} of ${total} fails with ${volume.code}`));
  }
  return states;
}

// Each makes some hundred recordings: nothing less shows that no single operation matters.
const PATIENCE = { timeout: 300_000 };

test("one failed operation never costs what was durable", PATIENCE, async () => {
  expect(await sweep({ code: "EIO" })).toContain("sealed");
});

test("a volume that is full from some instant on loses nothing durable", PATIENCE, async () => {
  const states = await sweep({ code: "ENOSPC", forever: true });
  expect(states).toContain("aborted");
  expect(states).toContain("sealed");
});
