import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { OpcUaHistory } from "../../../protocols/opcua/history.ts";
import { decodeHistoryFrame } from "../../../protocols/opcua/history-frame.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { nodeHeader, nodeName, nodesOf } from "../../../test/kit/node-tape.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import { type Evidence, openEvidence } from "../evidence.ts";
import { sharedFrame } from "../viewing/shared-part.ts";

const SESSION = "s-1";
const ROUNDS = 300;
const FRAMED = { timeout: 60_000, interval: 50 };
/** Of a test, with what it records before. */
const WITHIN_MS = 120_000;
const opened: Evidence[] = [];

afterEach(async () => {
  for (const evidence of opened.splice(0)) await evidence.close();
});

async function recorded() {
  const evidence = await openEvidence({
    ...{ directory: temporaryFolder(), keys: TEST_KEYS, build: "test", clock: systemClock },
    limits: { segmentBytes: 8_000 },
  });
  opened.push(evidence);
  const tape = await evidence.recorder.open(nodeHeader(SESSION));
  let count = 0;
  for (const body of nodesOf(ROUNDS)) {
    tape.append(body);
    count += 1;
    // Segments are cut between writes to the disk.
    if (count % 20 === 0) await pause(2);
  }
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  const recording = await evidence.recordings.get(SESSION);
  if (!recording) throw new Error("no recording");
  const last = recording.segments.length - 1;
  expect(last).toBeGreaterThan(3);
  const frame = () => evidence.recordings.frame(SESSION, last);
  await expect.poll(async () => (await frame())?.length ?? 0, FRAMED).not.toBe(0);
  return { recordings: evidence.recordings, recording };
}

const NONE = new Uint8Array(0);

test(
  "who begins at any segment with its frame is told the same as one that heard all",
  async () => {
    const { recordings, recording } = await recorded();
    const whole = new OpcUaHistory();
    let frames = 0;
    for (const { number } of recording.segments) {
      const frame = number === 0 ? undefined : await recordings.frame(SESSION, number);
      const state = decodeHistoryFrame(frame ?? NONE);
      const own = state && OpcUaHistory.from(state);
      frames += state ? 1 : 0;
      const plain = (await recordings.segment(SESSION, number)) ?? NONE;
      for (const record of readSegment(plain).records) {
        const told = whole.push(record);
        if (own) expect(own.push(record)).toEqual(told);
      }
      if (own) expect(own.state).toEqual(whole.state);
    }
    expect(frames).toBeGreaterThan(2);
  },
  WITHIN_MS,
);

test(
  "a link to a part names its nodes, and tells no value of before",
  async () => {
    const { recordings, recording } = await recorded();
    const { number, firstMs, lastMs } = recording.segments.at(-2) ?? {
      number: 0,
      firstMs: 0,
      lastMs: 0,
    };
    const range = { fromMs: firstMs, untilMs: lastMs };
    const frame = await sharedFrame(recordings, recording, number, range);
    const state = decodeHistoryFrame(frame ?? NONE);
    expect(state?.last).toEqual([]);
    expect(state?.channels.map(({ awaited }) => awaited)).toEqual([[]]);
    const items = state?.channels[0]?.monitored.map(([item, { node }]) => [item, node]);
    expect(items?.[2]).toEqual(["7/2", nodeName("Still")]);
  },
  WITHIN_MS,
);

test("what is no frame says nothing", () => {
  const frames = ["", "{}", '{"version":1,"points":[]}', "\u0000\u0001", "[1]"];
  for (const text of frames)
    expect(decodeHistoryFrame(new TextEncoder().encode(text))).toBeUndefined();
  const odd = {
    ...{ version: 1, protocol: "opcua", shown: [["a"], [1, 2]], last: [[1], ["n", 1], null] },
    channels: [
      {
        ...{ channel: 1, by: "subject", told: "zz", client: "", asset: "", events: [] },
        ...{ awaited: [[1, [{}, 3]], [-1, []], "x"], monitored: [["a"], [3, "b"], "c"] },
      },
    ],
  };
  const state = decodeHistoryFrame(new TextEncoder().encode(JSON.stringify(odd)));
  expect(state).toMatchObject({
    last: [],
    shown: [],
    channels: [{ told: undefined, monitored: [] }],
  });
  const broken = { ...odd, channels: [{ ...odd.channels[0], by: "nobody" }] };
  expect(decodeHistoryFrame(new TextEncoder().encode(JSON.stringify(broken)))).toBeUndefined();
});
