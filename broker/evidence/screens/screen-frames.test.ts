import { readdir, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { ENCODING } from "../../../protocols/rfb/encodings.ts";
import { decodeScreenFrame } from "../../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../../protocols/rfb/screen-player.ts";
import { rectangleHead, updateHead } from "../../../protocols/rfb/to-client.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { drawn, from, helloOf, screenHeader } from "../../../test/kit/screen-tape.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { type Evidence, openEvidence } from "../evidence.ts";
import { sharedFrame } from "../viewing/shared-part.ts";
import { ScreenFramer } from "./screen-framer.ts";

const SESSION = "s-1";
const WIDTH = 400;
const HEIGHT = 300;
const opened: Evidence[] = [];

afterEach(async () => {
  for (const evidence of opened.splice(0)) await evidence.close();
});

async function open(directory = temporaryFolder()): Promise<Evidence> {
  const evidence = await openEvidence({
    ...{ directory, keys: TEST_KEYS, build: "test", clock: systemClock },
    limits: { segmentBytes: 30_000 },
  });
  opened.push(evidence);
  return evidence;
}

/** Draws here and there, and moves the hand. */
async function record(evidence: Evidence, updates: number): Promise<void> {
  const tape = await evidence.recorder.open(screenHeader(SESSION));
  for (const body of helloOf(WIDTH, HEIGHT)) tape.append(body);
  for (let n = 0; n < updates; n += 1) {
    // Large ones at the ends: most of the screen differs from the frame before.
    const side = n < 3 || n > updates - 3 ? 250 : 30;
    tape.append(from("client", Uint8Array.of(5, n & 1, 0, n, 0, 7)));
    await pause(2);
    tape.append(from("asset", drawn((n * 37) % (WIDTH - side), (n * 11) % 50, side, n)));
  }
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
}

test("a player that begins at any segment with its frame comes to the same picture as one that saw all", async () => {
  const evidence = await open();
  await record(evidence, 60);
  const segments = (await evidence.recordings.get(SESSION))?.segments ?? [];
  expect(segments.length).toBeGreaterThan(8);
  const history = new ScreenHistory();
  const player = new ScreenPlayer();
  let frames = 0;
  const missing = () => evidence.recordings.frame(SESSION, segments.length - 1);
  await expect.poll(async () => (await missing())?.length ?? 0, { timeout: 60_000 }).not.toBe(0);
  for (const { number } of segments) {
    const frame = number === 0 ? undefined : await evidence.recordings.frame(SESSION, number);
    if (frame) {
      frames += 1;
      const moment = decodeScreenFrame(frame);
      expect(moment?.screen).toEqual(player.state);
      expect(moment?.history).toEqual(history.state);
    }
    const plain = (await evidence.recordings.segment(SESSION, number)) ?? new Uint8Array(0);
    for (const one of readSegment(plain).records) {
      for (const event of history.push(one)) player.show(event);
    }
  }
  expect(frames).toBeGreaterThan(4);
}, 120_000);

test("a link to a part shows the screen as it stood when the part begins", async () => {
  const evidence = await open();
  await record(evidence, 60);
  const recording = await evidence.recordings.get(SESSION);
  if (!recording) throw new Error("no recording");
  const history = new ScreenHistory();
  const player = new ScreenPlayer();
  const segment = recording.segments[4];
  if (!segment) throw new Error("no segment");
  let fromMs = 0;
  for (const { number } of recording.segments.slice(0, 5)) {
    const plain = (await evidence.recordings.segment(SESSION, number)) ?? new Uint8Array(0);
    for (const one of readSegment(plain).records) {
      if (number === 4 && one.wallMs > segment.firstMs) fromMs ||= one.wallMs;
      if (fromMs > 0) continue;
      for (const event of history.push(one)) player.show(event);
    }
  }
  const range = { fromMs, untilMs: recording.endedMs };
  const frame = await sharedFrame(evidence.recordings, recording, 4, range);
  expect(decodeScreenFrame(frame ?? new Uint8Array(0))?.screen).toEqual(player.state);
}, 120_000);

/** Some bytes that ask for millions of pixels, again and again. */
const BOMBS: Readonly<Record<string, readonly number[]>> = {
  "moves all of itself": [
    ...updateHead(1),
    ...rectangleHead({ x: 0, y: 0, width: 4_096, height: 4_096, encoding: ENCODING.copyRect }),
    ...[0, 0, 0, 0],
  ],
  "never keeps its size": [16_384, 1].flatMap((width) => [
    ...updateHead(1),
    ...rectangleHead({ x: 0, y: 0, width, height: 1_024, encoding: ENCODING.desktopSize }),
  ]),
};

test.each(Object.keys(BOMBS))(
  "a screen that %s goes without frames, and is recorded whole",
  async (name) => {
    const evidence = await open();
    const tape = await evidence.recorder.open(screenHeader(SESSION));
    for (const body of helloOf(4_096, 4_096)) tape.append(body);
    const one = BOMBS[name] ?? [];
    const bomb = Uint8Array.from(Array.from({ length: 1_000 }, () => one).flat());
    for (let n = 0; n < 5; n += 1) tape.append(from("asset", bomb));
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    const closing = tape.close();
    await closing;
    const recording = await evidence.recordings.get(SESSION);
    expect(recording?.state).toBe("sealed");
    expect(recording?.records).toBe(9);
    for (const { number } of recording?.segments ?? []) {
      expect(await evidence.recordings.frame(SESSION, number)).toBeUndefined();
    }
  },
  120_000,
);

test("what an earlier framer left off is gone on with from its last frame, and never from nothing", async () => {
  const directory = temporaryFolder();
  const recordings = `${directory}/recordings`;
  const evidence = await open(directory);
  await record(evidence, 60);
  const last = ((await evidence.recordings.get(SESSION))?.segments.length ?? 0) - 1;
  const frame = () => evidence.recordings.frame(SESSION, last);
  await expect.poll(async () => (await frame())?.length ?? 0, { timeout: 60_000 }).not.toBe(0);
  const expected = decodeScreenFrame((await frame()) ?? new Uint8Array(0));
  await evidence.close();
  await rm(`${recordings}/${SESSION}/segments/${last}.frame`);
  const again = await open(directory);
  expect(await again.recordings.frame(SESSION, last)).toBeUndefined();
  const plain = (await again.recordings.segment(SESSION, last - 1)) ?? new Uint8Array(0);
  const before = { session: SESSION, number: last - 1, plain };
  await new ScreenFramer({ volume: diskVolume, recordings, keys: TEST_KEYS }).take(before);
  const written = await again.recordings.frame(SESSION, last);
  expect(decodeScreenFrame(written ?? new Uint8Array(0))).toEqual(expected);
  const elsewhere = temporaryFolder();
  const lost = new ScreenFramer({ volume: diskVolume, recordings: elsewhere, keys: TEST_KEYS });
  await lost.take(before);
  expect(await readdir(elsewhere)).toEqual([]);
}, 120_000);
