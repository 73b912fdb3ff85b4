import { expect, test } from "vitest";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { systemClock } from "../clock.ts";
import { type Evidence, type EvidenceOptions, openEvidence } from "./evidence.ts";
import {
  shareUsed,
  spaceOf,
  type VolumeState,
  type VolumeUse,
  VolumeWatch,
} from "./volume-watch.ts";

const GIB = 2 ** 30;

function used(percent: number): VolumeUse {
  return { totalBytes: 100 * GIB, freeBytes: (100 - percent) * GIB };
}

/** What is told while the volume is in use by these percentages, one after the other. */
async function levelsAt(...percentages: readonly number[]): Promise<number[]> {
  const told: number[] = [];
  let now = 0;
  const watch = new VolumeWatch({
    clock: new TestClock(),
    use: async () => used(now),
    changed: (state) => told.push(state.level),
  });
  for (const percent of percentages) {
    now = percent;
    await watch.look();
  }
  watch.stop();
  return told;
}

test("each threshold is told once, on the way up and on the way down", async () => {
  expect(await levelsAt(10, 69, 70, 71, 85, 95, 99, 94, 92, 84, 60)).toEqual([
    0, 70, 85, 95, 85, 0,
  ]);
});

test("a volume that stays near a threshold is not told of again and again", async () => {
  expect(await levelsAt(70, 69.5, 70, 69, 70.1, 67)).toEqual([70, 0]);
});

test("a volume that cannot be asked keeps its last state", async () => {
  let broken = false;
  const watch = new VolumeWatch({
    clock: new TestClock(),
    use: () => (broken ? Promise.reject(new Error("EIO")) : Promise.resolve(used(96))),
    changed: () => undefined,
  });
  await watch.look();
  broken = true;
  await watch.look();
  watch.stop();
  expect(watch.refusal()).toContain("95 % full");
});

function open(more: Partial<EvidenceOptions>): Promise<Evidence> {
  return openEvidence({
    directory: temporaryFolder(),
    build: "test",
    clock: systemClock,
    keys: TEST_KEYS,
    ...more,
  });
}

function header(session: string) {
  return {
    version: 1,
    build: "test",
    session,
    site: "north",
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "g-1", profile: "tuning", until: 1_900_000_000_000 },
    digests: { profile: "aa", plant: "bb" },
    tags: [],
    startedMs: Date.now(),
  } as const;
}

test("over 95 % no recording begins, but the recorder has not failed", async () => {
  const states: VolumeState[] = [];
  const evidence = await open({
    volumeUse: async () => used(97),
    onVolume: (state) => states.push(state),
  });
  await expect(evidence.recorder.open(header("s-1"))).rejects.toThrow("95 % full");
  expect(evidence.recorder.state).toEqual({ kind: "ready" });
  expect(states).toMatchObject([{ level: 95, atFloor: false }]);
  await evidence.close();
});

test("a volume with nothing left to use freezes what is open and lets it be closed", async () => {
  let use = used(50);
  const clock = new TestClock();
  const evidence = await open({ clock, volumeUse: async () => use });
  const opening = evidence.recorder.open(header("s-1"));
  const tape = await inTime(clock, opening);
  use = { totalBytes: 100 * GIB, freeBytes: 1024 };
  await inTime(clock, untilFailed(evidence));
  expect(evidence.recorder.state).toMatchObject({ cause: "The volume of the recordings is full" });
  tape.append({ kind: "end", rule: "recorder", reason: "nothing could be recorded" });
  await inTime(clock, tape.close());
  expect((await evidence.recordings.get("s-1"))?.state).toBe("sealed");
  await evidence.close();
});

function untilFailed({ recorder }: Evidence): Promise<void> {
  return new Promise((resolve) => recorder.onState(() => resolve()));
}

/** Lets time pass until it has happened. */
async function inTime<T>(clock: TestClock, awaited: Promise<T>): Promise<T> {
  let done = false;
  void awaited.finally(() => {
    done = true;
  });
  while (!done) {
    clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return awaited;
}

test("a recording that grows beyond its quota is told of once", async () => {
  const clock = new TestClock();
  const evidence = await open({ clock, limits: { recordingBytesMax: 1000 } });
  const told: string[] = [];
  evidence.onOverQuota((session) => told.push(session));
  const tape = await inTime(clock, evidence.recorder.open(header("s-1")));
  const bytes = new Uint8Array(600);
  tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
  clock.advance(10_000);
  expect(told).toEqual([]);
  tape.append({ kind: "bytes", channel: 1, from: "asset", bytes: bytes.fill(7) });
  clock.advance(20_000);
  expect(told).toEqual(["s-1"]);
  await inTime(clock, tape.close());
  await evidence.close();
});

test("a share in use leaves out what the file system keeps for root, as df does", () => {
  const blocks = { blocks: 250, bfree: 215, bavail: 65, bsize: 4_096 };
  const use = spaceOf(blocks);
  expect(use).toEqual({ totalBytes: 100 * 4_096, freeBytes: 65 * 4_096 });
  expect(shareUsed(use)).toBeCloseTo(0.35);
});
