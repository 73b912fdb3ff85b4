import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header, TapeBody, TapeRecord } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { systemClock } from "../clock.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import type { EvidenceLimits } from "./limits.ts";
import type { TapeWriter } from "./recorder.ts";

let directory = "";
let opened: Evidence[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "evidence-"));
});

afterEach(async () => {
  for (const evidence of opened) await evidence.close();
  opened = [];
  await rm(directory, { recursive: true });
});

/** Small, so that a few records fill a segment and a few hundred a file. */
const SMALL: Partial<EvidenceLimits> = {
  writeAheadBytes: 256 * 1024,
  gatherBytesMax: 64 * 1024,
  reserveBytes: 64 * 1024,
};

async function open(limits: Partial<EvidenceLimits> = {}): Promise<Evidence> {
  const evidence = await openEvidence({
    directory,
    keys: TEST_KEYS,
    build: "test",
    clock: systemClock,
    limits: { ...SMALL, ...limits },
  });
  opened.push(evidence);
  return evidence;
}

function headerOf(session: string): Header {
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
  };
}

function message(n: number): TapeBody {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, n);
  return { kind: "bytes", channel: 1, from: "client", bytes };
}

function write(rule: string, permitted: boolean): TapeBody {
  const operation = { action: "modbus:write", class: "operate" as const };
  const answer = permitted
    ? { kind: "permit" as const }
    : { kind: "deny" as const, refusal: "value" as const };
  return {
    kind: "verdict",
    channel: 1,
    decision: 1,
    items: [{ operation, answer, rule, reason: "" }],
  };
}

const END: TapeBody = { kind: "end", rule: "owner-ended", reason: "Ada ended the session." };

function durable(tape: TapeWriter): Promise<void> {
  return new Promise((resolve, reject) =>
    tape.whenDurable((error) => (error === undefined ? resolve() : reject(error))),
  );
}

async function recordsOf(evidence: Evidence, session: string): Promise<readonly TapeRecord[]> {
  const recording = await evidence.recordings.get(session);
  const records: TapeRecord[] = [];
  for (const { number } of recording?.segments ?? []) {
    const bytes = await evidence.recordings.segment(session, number);
    const read = readSegment(bytes ?? new Uint8Array(0));
    expect(read).toMatchObject({ kind: "segment", whole: true });
    records.push(...read.records);
  }
  return records;
}

test("a session that ends in order is sealed, with everything in it", async () => {
  const evidence = await open();
  const tape = await evidence.recorder.open(headerOf("s-1"));
  expect(tape.append(message(1))).toBe(0);
  tape.append(write("pump/speed", true));
  tape.append(write("default-deny", false));
  await durable(tape);
  tape.append(END);
  await tape.close();
  expect(await evidence.recordings.get("s-1")).toMatchObject({
    state: "sealed",
    cause: "Ada ended the session.",
    records: 4,
    counts: { observed: 0, changed: 1, refused: 1, held: 0 },
    segments: [
      {
        number: 0,
        firstSequence: 0,
        lastSequence: 3,
        marks: [
          { sequence: 1, kind: "write" },
          { sequence: 2, kind: "refusal" },
          { sequence: 3, kind: "end" },
        ],
      },
    ],
  });
  expect(await recordsOf(evidence, "s-1")).toMatchObject([
    message(1),
    { kind: "verdict" },
    { kind: "verdict" },
    END,
  ]);
  const close = JSON.parse(
    await readFile(path.join(directory, "recordings/s-1/close.json"), "utf8"),
  );
  expect(close).toMatchObject({ state: "sealed", segments: 1, gaps: 0, missing: 0 });
});

test("an open recording is listed, and read up to the last record appended", async () => {
  const evidence = await open();
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(message(1));
  expect(await evidence.recordings.list()).toMatchObject([{ state: "open", records: 1 }]);
  tape.append(message(2));
  expect(await recordsOf(evidence, "s-1")).toMatchObject([message(1), message(2)]);
});

test("a recording whose session did not end is aborted", async () => {
  const evidence = await open();
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(message(1));
  await tape.close();
  expect(await evidence.recordings.get("s-1")).toMatchObject({ state: "aborted", records: 1 });
});

test("history, then live, meets without gap or duplicate", async () => {
  // A disk that others keep busy must not look slower than this session.
  const roomy = { writeAheadBytes: 8 * 1024 * 1024, gatherBytesMax: 4 * 1024 * 1024 };
  const evidence = await open({ segmentBytes: 4000, ...roomy });
  const tape = await evidence.recorder.open(headerOf("s-1"));
  let next = 0;
  const writer = setInterval(() => {
    for (let i = 0; i < 20; i++) tape.append(message(next++));
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const live: number[] = [];
  const unfollow = tape.follow((record) => live.push(record.sequence));
  const history = (await recordsOf(evidence, "s-1")).map((record) => record.sequence);
  await new Promise((resolve) => setTimeout(resolve, 30));
  clearInterval(writer);
  unfollow();
  const last = history.at(-1) ?? -1;
  const seen = [...history, ...live.filter((sequence) => sequence > last)];
  expect(seen).toEqual(Array.from({ length: next }, (_, i) => i));
});

test("segments are cut by size, each readable alone, none overlapping", async () => {
  const evidence = await open({ segmentBytes: 2000 });
  const tape = await evidence.recorder.open(headerOf("s-1"));
  for (let i = 0; i < 1000; i++) {
    tape.append(message(i));
    if (i % 50 === 0) await durable(tape);
  }
  tape.append(END);
  await tape.close();
  const recording = await evidence.recordings.get("s-1");
  expect(recording?.segments.length).toBeGreaterThan(5);
  const records = await recordsOf(evidence, "s-1");
  expect(records.map((record) => record.sequence)).toEqual(
    Array.from({ length: 1001 }, (_, i) => i),
  );
});

test("write-ahead files are freed once what they hold is sealed", async () => {
  const evidence = await open({ segmentBytes: 2000 });
  const tape = await evidence.recorder.open(headerOf("s-1"));
  for (let i = 0; i < 20_000; i++) {
    tape.append(message(i));
    if (i % 100 === 0) await durable(tape);
  }
  tape.append(END);
  await tape.close();
  const files = await readdir(path.join(directory, "write-ahead"));
  expect(files.length).toBeLessThanOrEqual(4);
  expect((await evidence.recordings.get("s-1"))?.records).toBe(20_001);
});

test("many sessions share the write-ahead and each gets its own records", async () => {
  const evidence = await open({ segmentBytes: 1000 });
  const sessions = Array.from({ length: 50 }, (_, i) => `s-${i}`);
  const tapes = await Promise.all(sessions.map((one) => evidence.recorder.open(headerOf(one))));
  for (let n = 0; n < 40; n++) {
    for (const [i, tape] of tapes.entries()) tape.append(message(i * 1000 + n));
    if (n % 10 === 0) await Promise.all(tapes.map(durable));
  }
  for (const tape of tapes) tape.append(END);
  await Promise.all(tapes.map((tape) => tape.close()));
  for (const [i, session] of sessions.entries()) {
    const records = await recordsOf(evidence, session);
    const expected = Array.from({ length: 40 }, (_, n) => message(i * 1000 + n));
    expect(records).toMatchObject([...expected, END]);
  }
});

test("a second start finds everything as it was left, and closes it once", async () => {
  const first = await open();
  const tape = await first.recorder.open(headerOf("s-1"));
  tape.append(END);
  await first.close();
  const second = await open();
  expect(second.recovered).toEqual([]);
  expect(await second.recordings.list()).toMatchObject([{ state: "sealed", records: 1 }]);
});

test("a session id that could leave the folder is refused", async () => {
  const evidence = await open();
  for (const id of ["..", "a/b", "", ".hidden", "x".repeat(65), "a\0b", "ä"]) {
    await expect(evidence.recorder.open(headerOf(id))).rejects.toThrow("session id");
    expect(await evidence.recordings.get(id)).toBeUndefined();
    expect(await evidence.recordings.segment(id, 0)).toBeUndefined();
  }
});

test("a session is recorded once", async () => {
  const evidence = await open();
  const tape = await evidence.recorder.open(headerOf("s-1"));
  await expect(evidence.recorder.open(headerOf("s-1"))).rejects.toThrow("already");
  await tape.close();
  await expect(evidence.recorder.open(headerOf("s-1"))).rejects.toThrow("already");
});

test("folders and files are for their owner only", async () => {
  const evidence = await open();
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(END);
  await tape.close();
  const folder = path.join(directory, "recordings/s-1");
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const name of ["manifest.json", "index", "close.json", "segments/0.seg"]) {
    expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
  }
});

test("a segment that was changed on disk is not handed out", async () => {
  const evidence = await open();
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(END);
  await tape.close();
  const file = path.join(directory, "recordings/s-1/segments/0.seg");
  const bytes = await readFile(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(file, bytes);
  await expect(evidence.recordings.segment("s-1", 0)).rejects.toThrow("hash differs");
});
