/** A screen is played part by part: with a key frame, over parts that have none, or from the start. */
import { expect, test } from "vitest";
import { encodeScreenFrame } from "../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../protocols/rfb/screen-player.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeBody } from "../../protocols/tape/record.ts";
import { drawn, from, helloOf, screenHeader } from "../../test/kit/screen-tape.ts";
import { ScreenPlayback } from "./screen-playback.ts";
import { type Told, tellSegment } from "./told-story.ts";

/** Cut in the middle of updates and of what the hand says. */
function segments(): Uint8Array[] {
  const bodies: TapeBody[] = [...helloOf(300, 200)];
  for (let n = 0; n < 12; n += 1) {
    const update = drawn(n * 9, n * 7, 60, n);
    const moved = Uint8Array.of(5, n & 1, 0, n, 0, 9);
    bodies.push(from("client", moved.subarray(0, 3)), from("asset", update.subarray(0, 5_000)));
    bodies.push(from("client", moved.subarray(3)), from("asset", update.subarray(5_000)));
  }
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bodies.length; at += 10) {
    const out = new ByteWriter(65_536);
    const encoder = new TapeEncoder(out);
    encoder.begin(screenHeader("s-1"));
    for (const [n, body] of bodies.slice(at, at + 10).entries()) {
      encoder.append(at + n, 1_000 + at + n, at + n, body);
    }
    parts.push(out.take());
  }
  return parts;
}

/** The screen at the end of a part. */
function shownBy({ screen }: Told): ScreenPlayer {
  if (!screen) throw new Error("no screen");
  let last: ScreenPlayer | undefined;
  const playback = new ScreenPlayback((player) => {
    last = player;
  });
  playback.show(screen, screen.events.length);
  if (!last) throw new Error("nothing was drawn");
  return last;
}

const NO_FRAME = new Uint8Array(0);

test("a part shows the same with a key frame, and over the parts between it and one", () => {
  const parts = segments();
  expect(parts.length).toBe(6);
  const history = new ScreenHistory();
  const player = new ScreenPlayer();
  const frames = parts.map((part) => {
    const moment = { history: history.state, screen: player.state };
    const frame = encodeScreenFrame(moment).bytes.slice();
    for (const record of readSegment(part).records) {
      for (const event of history.push(record)) player.show(event);
    }
    return { frame, state: player.state };
  });
  for (const [n, part] of parts.entries()) {
    const framed = tellSegment(part, frames[n]?.frame ?? NO_FRAME);
    expect(shownBy(framed).state, `part ${n} from its frame`).toEqual(frames[n]?.state);
    const two = Math.max(0, n - 2);
    const over = tellSegment(part, two === 0 ? NO_FRAME : (frames[two]?.frame ?? NO_FRAME), [
      ...parts.slice(two, n),
    ]);
    expect(shownBy(over).state, `part ${n} over two`).toEqual(frames[n]?.state);
  }
});

test("a frame that cannot be read shows nothing rather than something wrong", () => {
  const [, second = NO_FRAME] = segments();
  const told = tellSegment(second, Uint8Array.of(1, 2, 3));
  expect(told.screen?.before).toBeUndefined();
  expect(shownBy(told).picture).toBeUndefined();
});

test("the hand is where the person had it, whatever was permitted", () => {
  const [first = NO_FRAME] = segments();
  expect(shownBy(tellSegment(first, NO_FRAME)).hand).toEqual({ x: 1, y: 9, mask: 1 });
});
