import { expect, onTestFinished, test } from "vitest";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { drawn, from, helloOf, screenHeader } from "../../../test/kit/screen-tape.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { systemClock } from "../../clock.ts";
import { openEvidence } from "../evidence.ts";
import type { Recording } from "../recordings.ts";
import { FILM_RATE, type FilmSize, ScreenFilm } from "./screen-film.ts";
import { Videos } from "./videos.ts";

const SESSION = "s-1";
const PATIENCE = { timeout: 60_000, interval: 50 };

async function recorded() {
  const evidence = await openEvidence({
    ...{ directory: temporaryFolder(), keys: TEST_KEYS, build: "test", clock: systemClock },
    limits: { segmentBytes: 20_000 },
  });
  onTestFinished(() => evidence.close());
  const tape = await evidence.recorder.open(screenHeader(SESSION));
  for (const body of helloOf(161, 120)) tape.append(body);
  for (let n = 0; n < 30; n += 1) {
    tape.append(from("client", Uint8Array.of(5, n & 1, 0, n, 0, 20)));
    tape.append(from("asset", drawn(n * 3, n, 40, n)));
  }
  await tape.close();
  const recording = await evidence.recordings.get(SESSION);
  if (!recording) throw new Error("no recording");
  return { recordings: evidence.recordings, recording };
}

function whole({ startedMs, endedMs }: Recording) {
  return { fromMs: startedMs, untilMs: endedMs + 10_000 };
}

test("a recording becomes a video in the background, for who asked and nobody else, for a while", async () => {
  const { recordings, recording } = await recorded();
  const clock = new TestClock();
  const videos = new Videos({ recordings, clock });
  onTestFinished(() => videos.stop());
  const asked = videos.ask(recording, "ada", whole(recording));
  const id = asked?.id ?? "";
  expect(asked?.state.kind).toMatch(/waiting|making/);
  await expect.poll(() => videos.get(id, "ada")?.state.kind, PATIENCE).toBe("ready");
  const state = videos.get(id, "ada")?.state;
  if (state?.kind !== "ready") throw new Error("not ready");
  expect(state.shortened).toBe(false);
  // ISO 14496-12: a file type box, and the movie's header somewhere.
  const text = Buffer.from(state.bytes).toString("latin1");
  expect(text.slice(4, 8)).toBe("ftyp");
  expect(text).toContain("moov");
  expect(text).toContain("avc1");
  expect(videos.get(id, "ben")).toBeUndefined();
  clock.advance(31 * 60_000);
  expect(videos.get(id, "ada")).toBeUndefined();
}, 120_000);

test("nobody asks for more than is made in a while, and a part in which nothing is shown says so", async () => {
  const { recordings, recording } = await recorded();
  const videos = new Videos({ recordings, clock: systemClock });
  onTestFinished(() => videos.stop());
  const before = { fromMs: 0, untilMs: 1 };
  const first = videos.ask(recording, "ada", before);
  const second = videos.ask(recording, "ada", before);
  expect(second).toBeDefined();
  expect(videos.ask(recording, "ada", before)).toBeUndefined();
  await expect
    .poll(() => videos.get(first?.id ?? "", "ada")?.state, PATIENCE)
    .toEqual({
      ...{ kind: "failed", reason: "nothing was shown in this part" },
    });
}, 120_000);

test("a film has as many pictures as time passed, leaves long stillness out, and shows the hand", async () => {
  const { recordings, recording } = await recorded();
  let size: FilmSize | undefined;
  const last = { picture: new Uint8Array(0) };
  const span = { fromMs: recording.startedMs, untilMs: recording.endedMs + 600_000 };
  const film = new ScreenFilm(span, {
    begin: (of) => {
      size = of;
    },
    picture: (rgba) => {
      last.picture = Uint8Array.from(rgba);
    },
  });
  for (const { number } of recording.segments) {
    film.push((await recordings.segment(SESSION, number)) ?? new Uint8Array(0));
  }
  film.end();
  expect(size).toEqual({ width: 160, height: 120 });
  // Some moments of drawing, then two seconds of ten minutes' stillness.
  const lasted = recording.endedMs - recording.startedMs;
  expect(film.pictures).toBeGreaterThanOrEqual(2 * FILM_RATE);
  expect(film.pictures).toBeLessThanOrEqual(2 * FILM_RATE + lasted / 100 + 2);
  const pixel = (x: number, y: number) => [
    ...last.picture.subarray(4 * (160 * y + x)).subarray(0, 3),
  ];
  // The ring of a hand whose button is down, at 29, 20.
  expect(pixel(29, 20)).toEqual([0xff, 0x9e, 0x1f]);
  expect(pixel(29 + 4, 20)).toEqual([0xff, 0xff, 0xff]);
});
