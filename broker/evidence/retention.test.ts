import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, test } from "vitest";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { StagedVolume } from "../../test/kit/staged-volume.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { systemClock } from "../clock.ts";
import type { Hold, Tombstone } from "./descriptions.ts";
import { diskVolume } from "./disk-volume.ts";
import { openEvidence } from "./evidence.ts";
import { Retention, type RetentionParts } from "./retention.ts";

const DAY_MS = 24 * 60 * 60_000;
const HOLD: Hold = { by: { id: "p-9", name: "Audra" }, reason: "the dosing incident", atMs: 1 };

let directory = "";
let told: Tombstone[];

beforeEach(async () => {
  directory = temporaryFolder();
  told = [];
  await record("s-1");
});

async function record(session: string): Promise<void> {
  const options = { directory, build: "test", clock: systemClock, keys: TEST_KEYS };
  const evidence = await openEvidence(options);
  const tape = await evidence.recorder.open({
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
  });
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  await evidence.close();
}

/** As many days after the recording's end. */
function retention(days: number, more: Partial<RetentionParts> = {}): Retention {
  return new Retention({
    volume: diskVolume,
    recordings: path.join(directory, "recordings"),
    clock: new TestClock(Date.now() + days * DAY_MS),
    keepMs: 30 * DAY_MS,
    tombstone: async (tombstone) => {
      told.push(tombstone);
    },
    changed: () => undefined,
    trouble: () => undefined,
    ...more,
  });
}

function filesOf(session: string): string[] {
  return readdirSync(path.join(directory, "recordings", session)).sort();
}

test("a recording goes when its time is over, and manifest, close and tombstone stay", async () => {
  await retention(29).sweep();
  expect(filesOf("s-1")).toContain("segments");
  await retention(31).sweep();
  expect(filesOf("s-1")).toEqual(["close.json", "manifest.json", "tombstone.json"]);
  const folder = path.join(directory, "recordings", "s-1");
  const close = JSON.parse(readFileSync(path.join(folder, "close.json"), "utf8"));
  expect(told).toMatchObject([{ session: "s-1", root: close.root, keepMs: 30 * DAY_MS }]);
  await retention(60).sweep();
  expect(told).toHaveLength(1);
});

test("what was deleted is still listed, and says why nothing can be played", async () => {
  await retention(31).sweep();
  const options = { directory, build: "test", clock: systemClock, keys: TEST_KEYS };
  const evidence = await openEvidence(options);
  const [recording] = await evidence.recordings.list();
  expect(recording?.cause).toMatch(/^Deleted on .* which keeps recordings for 30 days\.$/);
  expect(recording).toMatchObject({ state: "sealed", segments: [], header: { session: "s-1" } });
  expect(await evidence.recordings.segment("s-1", 0)).toBeUndefined();
  expect(await evidence.recordings.hold("s-1", HOLD)).toBe(false);
  await evidence.close();
});

test("a legal hold keeps a recording beyond the policy, until it is released", async () => {
  expect(await retention(0).hold("s-1", HOLD)).toBe(true);
  await retention(400).sweep();
  expect(filesOf("s-1")).toContain("segments");
  const options = { directory, build: "test", clock: systemClock, keys: TEST_KEYS };
  const evidence = await openEvidence(options);
  expect((await evidence.recordings.get("s-1"))?.hold).toEqual(HOLD);
  expect(await evidence.recordings.release("s-1")).toBe(true);
  expect((await evidence.recordings.get("s-1"))?.hold).toBeUndefined();
  expect(await evidence.recordings.release("s-1")).toBe(false);
  await evidence.close();
  await retention(400).sweep();
  expect(filesOf("s-1")).not.toContain("segments");
});

test("a hold that cannot be read holds", async () => {
  writeFileSync(path.join(directory, "recordings", "s-1", "hold.json"), "not json");
  await retention(400).sweep();
  expect(filesOf("s-1")).toContain("segments");
});

test("without a policy nothing goes, and an open recording never does", async () => {
  await retention(4000, { keepMs: undefined }).sweep();
  expect(filesOf("s-1")).toContain("segments");
  const open = path.join(directory, "recordings", "s-2");
  mkdirSync(open);
  writeFileSync(path.join(open, "manifest.json"), "{}");
  await retention(4000).sweep();
  expect(readdirSync(open)).toEqual(["manifest.json"]);
});

test("nothing goes while its tombstone cannot be written or told, and it goes later", async () => {
  const volume = new StagedVolume();
  volume.failure = new Error("EIO");
  await expect(retention(31, { volume }).sweep()).rejects.toThrow("EIO");
  const silent = retention(31, { tombstone: () => Promise.reject(new Error("no log")) });
  await expect(silent.sweep()).rejects.toThrow("no log");
  const segments = path.join(directory, "recordings", "s-1", "segments");
  expect(existsSync(path.join(segments, "0.seg"))).toBe(true);
  await retention(31).sweep();
  expect(existsSync(segments)).toBe(false);
});

test("a hold asked for while recordings are deleted is either in time or refused", async () => {
  const one = retention(31);
  const [held] = await Promise.all([one.hold("s-1", HOLD), one.sweep()]);
  expect(held).toBe(true);
  expect(filesOf("s-1")).toContain("segments");
  await one.release("s-1");
  const [, late] = await Promise.all([one.sweep(), one.hold("s-1", HOLD)]);
  expect(late).toBe(filesOf("s-1").includes("segments"));
});
