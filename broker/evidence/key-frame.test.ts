import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { ModbusTape } from "../../test/kit/modbus-tape.ts";
import { systemClock } from "../clock.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import { parseFrame } from "./key-frame.ts";

const WITHIN = { timeout: 30_000, interval: 50 };

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "frames-"));
});
afterEach(() => rm(directory, { recursive: true }));

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

const hex = (value: number) => value.toString(16).padStart(4, "0");

/** Register 100 is read once, register 11 again and again: its value is the number of the poll. */
function polled(count: number): ModbusTape {
  const tape = new ModbusTape(() => [{ kind: "permit" }]);
  for (let n = 1; n <= count; n += 1) {
    const address = n === 1 ? 100 : 11;
    tape.later(1000);
    tape.bytes("client", `0001 0000 0006 01 03 ${hex(address)} 0001`);
    tape.bytes("asset", `${hex(n)} 0000 0005 01 03 02 ${hex(n)}`);
  }
  return tape;
}

test("each segment but the first has a frame with the last value of every register before it", async () => {
  const evidence = await openEvidence({
    ...{ directory, keys: TEST_KEYS, build: "test", clock: systemClock },
    limits: { segmentBytes: 1_500 },
  });
  const tape = await evidence.recorder.open(HEADER);
  for (const record of polled(200).records) tape.append(record);
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  await canBeSought(evidence, 200);
  await evidence.close();
});

test("one whose session never ended can be sought as well: nothing of it waits for an end", async () => {
  const options = { directory, keys: TEST_KEYS, build: "test", clock: systemClock };
  const limits = { segmentBytes: 1_500 };
  const cut = await openEvidence({ ...options, limits });
  const tape = await cut.recorder.open(HEADER);
  for (const record of polled(200).records) tape.append(record);
  await new Promise((resolve) => tape.whenDurable(resolve));
  // Its session never ends.
  await cut.close();
  const next = await openEvidence({ ...options, limits });
  await vi.waitUntil(async () => {
    const recording = await next.recordings.get("s-1");
    return recording?.state === "aborted" && recording.segments.every(({ sha256 }) => sha256);
  }, WITHIN);
  await canBeSought(next, 200);
  await next.close();
});

async function canBeSought({ recordings }: Evidence, count: number): Promise<void> {
  const segments = (await recordings.get("s-1"))?.segments ?? [];
  expect(segments.length).toBeGreaterThan(3);
  expect(await recordings.frame("s-1", 0)).toBeUndefined();
  let polls = 0;
  for (const { number } of segments) {
    if (number > 0) {
      const frame = (await recordings.frame("s-1", number)) ?? new Uint8Array(0);
      const points = parseFrame(frame)?.map(({ address, value }) => [address, value]);
      expect(points).toEqual([
        [100, 1],
        [11, polls],
      ]);
    }
    const plain = (await recordings.segment("s-1", number)) ?? new Uint8Array(0);
    const { records } = readSegment(plain);
    polls += records.filter((one) => one.kind === "bytes" && one.from === "asset").length;
  }
  expect(polls).toBe(count);
}

test.each(["", "{}", '{"version":2,"points":[]}', '{"version":1,"points":[[1,"x",0,0,0,0]]}'])(
  "what is no frame is not taken for one: %j",
  (text) => {
    expect(parseFrame(new TextEncoder().encode(text))).toBeUndefined();
  },
);
