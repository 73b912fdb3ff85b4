import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TapeDecoder } from "../../../protocols/tape/decoder.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { systemClock } from "../../clock.ts";
import { type Evidence, openEvidence } from "../../evidence/evidence.ts";
import type { TapeWriter } from "../../evidence/recorder.ts";
import type { SegmentEntry } from "../../evidence/recordings.ts";
import type { Cause } from "../../sessions/session.ts";
import { FROM_NEWEST, LIVE_CREDIT_BYTES } from "../shapes/live.ts";
import { WATCHER_SLOW_MS, WatchLink, type WatchSource } from "./watch-link.ts";

const SESSION = "01890000-0000-7000-8000-000000000001";
const HEADER: Header = {
  version: 1,
  build: "test",
  session: SESSION,
  site: "works",
  subject: { id: "p1", name: "Ann", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "cell" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g1", profile: "all", until: 0 },
  digests: { profile: "", plant: "" },
  tags: [],
  startedMs: 0,
};

/** Sealing takes real time, on a busy machine more of it. */
const VI_PATIENCE = { timeout: 30_000, interval: 20 };

let folder: string;
let evidence: Evidence;
let tape: TapeWriter;
let clock: TestClock;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-watch-"));
  // Segments of some records, so that history crosses them.
  const limits = { segmentBytes: 20_000 };
  evidence = await openEvidence({
    directory: folder,
    keys: TEST_KEYS,
    build: "test",
    clock: systemClock,
    limits,
  });
  tape = await evidence.recorder.open(HEADER);
  clock = new TestClock();
});
afterEach(async () => {
  await evidence.close();
  rmSync(folder, { recursive: true, force: true });
});

function append(records: number, size = 100): void {
  for (let n = 0; n < records; n += 1) {
    const bytes = Uint8Array.from({ length: size }, () => Math.floor(Math.random() * 256));
    tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
  }
}

class Watcher {
  readonly sequences: number[] = [];
  readonly frames: { readonly frame: Uint8Array; readonly before: number }[] = [];
  readonly link: WatchLink;
  over: Cause | undefined;
  received = 0;
  returnsCredit = true;
  private readonly decoder = new TapeDecoder();

  constructor(from: number, recordings: WatchSource["recordings"] = evidence.recordings) {
    this.link = new WatchLink(
      { recordings, session: SESSION, clock },
      {
        tape: (encoded) => this.take(encoded),
        frame: (frame) => this.frames.push({ frame, before: this.sequences.length }),
        over: (cause) => this.end(cause),
      },
      from,
    );
    tape.follow((record) => this.link.record(record));
    this.link.start();
  }

  /** Waits until this record has arrived; the clock runs meanwhile. */
  async until(sequence: number): Promise<void> {
    for (let turn = 0; turn < 2_000 && this.sequences.at(-1) !== sequence; turn += 1) {
      await settle();
    }
    expect(this.sequences.at(-1)).toBe(sequence);
  }

  private take(encoded: Uint8Array): void {
    const decoded = this.decoder.push(encoded);
    expect(decoded.kind).toBe("records");
    this.sequences.push(...decoded.records.map((record) => record.sequence));
    this.received += encoded.length;
    if (this.returnsCredit) setImmediate(() => this.link.credit(encoded.length));
  }

  private end(cause: Cause): void {
    expect(this.over).toBeUndefined();
    this.over = cause;
  }
}

/** Disks and the sealing thread take real time; the watch's own clock runs with it. */
async function settle(): Promise<void> {
  await delay(2);
  clock.advance(2);
}

function upTo(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

test("history and what is recorded meanwhile arrive once each, in order", async () => {
  append(500);
  const watcher = new Watcher(0);
  for (let n = 0; n < 20; n += 1) {
    append(10);
    await nextTurn();
  }
  await watcher.until(699);
  append(3);
  await watcher.until(702);
  expect(watcher.sequences).toEqual(upTo(0, 702));
});

test("a watcher may begin in the middle, or beyond what exists", async () => {
  append(300);
  const middle = new Watcher(250);
  await middle.until(299);
  expect(middle.sequences).toEqual(upTo(250, 299));
  const ahead = new Watcher(305);
  await settle();
  append(10);
  await ahead.until(309);
  expect(ahead.sequences).toEqual(upTo(305, 309));
});

test("a watcher of what has key frames may begin at the newest part, with its frame first", async () => {
  append(500);
  let segments: readonly SegmentEntry[] = [];
  await vi.waitUntil(async () => {
    segments = (await evidence.recordings.get(SESSION))?.segments ?? [];
    const framed = await evidence.recordings.frame(SESSION, (segments.at(-1)?.number ?? 0) - 1);
    return segments.length > 2 && framed !== undefined;
  }, VI_PATIENCE);
  const watcher = new Watcher(FROM_NEWEST);
  await watcher.until(499);
  expect(watcher.frames).toMatchObject([{ before: 0 }]);
  const [first = 0] = watcher.sequences;
  expect(watcher.sequences).toEqual(upTo(first, 499));
  const begins = segments.find(({ firstSequence }) => firstSequence === first);
  expect(begins?.number).toBeGreaterThan(0);
  const frame = await evidence.recordings.frame(SESSION, begins?.number ?? 0);
  expect(watcher.frames[0]?.frame).toEqual(frame);
});

test("where parts lie behind the newest with a key frame, it begins at that all the same", async () => {
  let segments: readonly SegmentEntry[] = [];
  await vi.waitUntil(async () => {
    append(200);
    segments = (await evidence.recordings.get(SESSION))?.segments ?? [];
    return segments.length > 9;
  }, VI_PATIENCE);
  const last = (segments.at(-1)?.number ?? 0) - 5;
  const frameOf = (number: number) => evidence.recordings.frame(SESSION, number);
  await vi.waitUntil(async () => (await frameOf(last)) !== undefined, VI_PATIENCE);
  const recordings: WatchSource["recordings"] = {
    get: (session) => evidence.recordings.get(session),
    segment: (session, number) => evidence.recordings.segment(session, number),
    frame: async (_session, number) => (number > last ? undefined : frameOf(number)),
  };
  const watcher = new Watcher(FROM_NEWEST, recordings);
  const begins = segments.find(({ number }) => number === last)?.firstSequence ?? 0;
  await vi.waitUntil(async () => {
    await settle();
    return watcher.sequences.length > 0;
  }, VI_PATIENCE);
  expect(watcher.frames).toEqual([{ frame: await frameOf(last), before: 0 }]);
  expect(watcher.sequences[0]).toBe(begins);
});

test("where there is no key frame yet, it begins at the first record", async () => {
  append(10);
  const watcher = new Watcher(FROM_NEWEST);
  await watcher.until(9);
  expect(watcher.sequences).toEqual(upTo(0, 9));
  expect(watcher.frames).toEqual([]);
});

test("a watcher that returns no credit is sent no more than its credit, then dropped", async () => {
  append(10);
  const slow = new Watcher(0);
  await slow.until(9);
  slow.returnsCredit = false;
  append(6_000);
  for (let n = 0; n < 200; n += 1) await settle();
  expect(slow.received).toBeLessThan(LIVE_CREDIT_BYTES + 32_768);
  expect(slow.over).toBeUndefined();
  // It is found to be slow once what is on the disk has been read back, which takes real time.
  for (let turn = 0; turn < 2_000 && !slow.over; turn += 1) {
    clock.advance(WATCHER_SLOW_MS);
    await settle();
  }
  expect(slow.over?.rule).toBe("watcher-slow");
  const before = slow.received;
  append(10);
  await settle();
  expect(slow.received).toBe(before);
});

test("a watcher that was behind and returns its credit misses nothing", async () => {
  append(10);
  const watcher = new Watcher(0);
  await watcher.until(9);
  watcher.returnsCredit = false;
  append(4_000);
  for (let n = 0; n < 100; n += 1) await settle();
  watcher.returnsCredit = true;
  watcher.link.credit(watcher.received);
  await watcher.until(4_009);
  expect(watcher.sequences).toEqual(upTo(0, 4_009));
}, 60_000);

test("when the session is over its last records still arrive, then the cause", async () => {
  append(50);
  const watcher = new Watcher(0);
  await watcher.until(49);
  append(20);
  tape.append({ kind: "end", rule: "cut", reason: "enough" });
  await tape.close();
  watcher.link.finish({ rule: "cut", reason: "enough" });
  await watcher.until(70);
  await vi.waitUntil(() => watcher.over);
  expect(watcher.over).toEqual({ rule: "cut", reason: "enough" });
});

test("a watch that is stopped says so once and sends nothing more", async () => {
  append(10);
  const watcher = new Watcher(0);
  await watcher.until(9);
  watcher.link.stop({ rule: "right-lost", reason: "" });
  watcher.link.stop({ rule: "unwatched", reason: "" });
  append(10);
  await settle();
  expect(watcher.over?.rule).toBe("right-lost");
  expect(watcher.sequences).toEqual(upTo(0, 9));
});
