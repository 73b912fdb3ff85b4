/** Small pictures of a screen: what they show, what is fetched for them, and where it ends. */
import { expect, test } from "vitest";
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { encodeScreenFrame } from "../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../protocols/rfb/screen-player.ts";
import { rectangleHead, updateHead } from "../../protocols/rfb/to-client.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeBody } from "../../protocols/tape/record.ts";
import { from, helloOf, screenHeader, shown } from "../../test/kit/screen-tape.ts";
import { placesOf, ThumbnailShelf } from "./thumbnail-shelf.ts";
import { type Thumbnail, thumbnailsOf } from "./thumbnails.ts";
import type { PlayedRecording } from "./use-recorded-reel.ts";

const [WIDTH, HEIGHT] = [320, 192];
const NO_FRAME = new Uint8Array(0);

/** A segment; its records are ten milliseconds apart. */
function segment(bodies: readonly TapeBody[], first: number): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(65_536);
  const encoder = new TapeEncoder(out);
  encoder.begin(screenHeader("s-1"));
  for (const [n, body] of bodies.entries()) {
    encoder.append(first + n, 10 * (first + n), 10 * (first + n), body);
  }
  return Uint8Array.from(out.take());
}

/** The whole screen in one colour, 0xAABBGGRR. */
function filled(colour: number): TapeBody {
  const pixels = new Uint32Array(WIDTH * HEIGHT).fill(colour);
  return from("asset", shown(WIDTH, HEIGHT, pixels));
}

const COLOURS = [0xff0000c8, 0xff00c800, 0xffc80000, 0xffc8c800, 0xff00c8c8, 0xffc800c8];

/** Of a screen that only said hello. */
const BLACK = 0xff000000;

/** Two colours a part; the first says hello, too. */
const PARTS = [0, 1, 2].map((n) => {
  const own = [filled(COLOURS[2 * n] ?? 0), filled(COLOURS[2 * n + 1] ?? 0)];
  return n === 0 ? segment([...helloOf(WIDTH, HEIGHT), ...own], 0) : segment(own, 3 + 2 * n);
});

function frameBefore(index: number): Uint8Array<ArrayBuffer> {
  const [history, player] = [new ScreenHistory(), new ScreenPlayer()];
  for (const record of PARTS.slice(0, index).flatMap((part) => readSegment(part).records)) {
    for (const event of history.push(record)) player.show(event);
  }
  const moment = { history: history.state, screen: player.state };
  return Uint8Array.from(encodeScreenFrame(moment).bytes);
}

function colourOf({ pixels }: Thumbnail): number {
  return new Uint32Array(pixels.buffer)[0] ?? 0;
}

test("a small picture shows the screen of its moment, from a key frame or from the beginning", () => {
  const times = [15, 35, 45, 55, 65, 75, 85];
  const all = thumbnailsOf(NO_FRAME, PARTS, times);
  expect(all.map(({ atMs }) => atMs)).toEqual([35, 45, 55, 65, 75, 85]);
  expect(all.map(colourOf)).toEqual(COLOURS);
  expect(all.map(({ width, height }) => [width, height])).toEqual(COLOURS.map(() => [160, 96]));
  const framed = thumbnailsOf(frameBefore(2), PARTS.slice(2), [60, 75, 85]);
  expect(framed.map(colourOf)).toEqual(COLOURS.slice(3));
  expect(thumbnailsOf(frameBefore(1), [], [50]).map(colourOf)).toEqual([COLOURS[1]]);
  expect(thumbnailsOf(Uint8Array.of(1, 2, 3), PARTS, times)).toEqual([]);
});

test("each pixel is the mean of those that it stands for", () => {
  const pixels = Uint32Array.from({ length: WIDTH * HEIGHT }, (_, n) =>
    n % 2 === 0 ? 0xff000000 : 0xff6496c8,
  );
  const part = segment([...helloOf(WIDTH, HEIGHT), from("asset", shown(WIDTH, HEIGHT, pixels))], 0);
  const [small] = thumbnailsOf(NO_FRAME, [part], [99]);
  expect([...(small?.pixels.subarray(0, 8) ?? [])]).toEqual([100, 75, 50, 255, 100, 75, 50, 255]);
});

test("a part that asks for hours of drawing in a few bytes has no pictures behind that", () => {
  const copies = 2_000;
  const side = { width: WIDTH, height: HEIGHT - 1 };
  const copy = [...rectangleHead({ x: 0, y: 1, ...side, encoding: ENCODING.copyRect }), 0, 0, 0, 0];
  const update = Uint8Array.from([...updateHead(copies), ...Array(copies).fill(copy).flat()]);
  const bombs = Array.from({ length: 4 }, () => from("asset", update));
  const part = segment(
    [...helloOf(WIDTH, HEIGHT), filled(0xff0000c8), ...bombs, filled(0xff00c800)],
    0,
  );
  expect(thumbnailsOf(NO_FRAME, [part], [35, 1_000]).map(({ atMs }) => atMs)).toEqual([35]);
});

interface Fetched {
  readonly frames: number[];
  readonly segments: number[];
}

async function shelved(view: { fromMs: number; untilMs: number }, count: number) {
  const fetched: Fetched = { frames: [], segments: [] };
  const source = {
    segment: async (number: number) => {
      fetched.segments.push(number);
      return Uint8Array.from(PARTS[number] ?? []);
    },
    frame: async (number: number) => {
      fetched.frames.push(number);
      return frameBefore(number);
    },
  };
  const drawer = {
    draw: async (
      { frame, parts }: { frame: Uint8Array; parts: readonly Uint8Array[] },
      times: readonly number[],
    ) => thumbnailsOf(frame, parts, times),
  };
  const segments = [0, 50, 70].map((firstMs, number) => ({ number, firstMs }));
  const detail = { protocol: "vnc", segments } as unknown as PlayedRecording;
  const places = placesOf(view, count);
  const shelf = await new Promise<ThumbnailShelf>((resolve) => {
    const made = new ThumbnailShelf({
      ...{ detail, source, drawer },
      onChange: () => {
        if (places.every((place) => made.has(place))) resolve(made);
      },
    });
    made.want(detail, places);
  });
  return {
    colours: places.map((place) => shelf.peek(place)).map((t) => t && colourOf(t)),
    fetched,
  };
}

test("where parts are shorter than a place of the line, key frames alone are fetched", async () => {
  const { colours, fetched } = await shelved({ fromMs: 0, untilMs: 90 }, 2);
  expect(colours).toEqual([BLACK, COLOURS[1]]);
  expect(fetched).toEqual({ frames: [1], segments: [0] });
});

test("where they are longer, each part that is seen is fetched once", async () => {
  const { colours, fetched } = await shelved({ fromMs: 40, untilMs: 90 }, 10);
  // A place in which a part begins shows what stood before it.
  expect(colours).toEqual([1, 1, 1, 2, 3, 3, 3, 4, 5, 5].map((n) => COLOURS[n]));
  expect(fetched.segments).toEqual([0, 1, 2]);
});
