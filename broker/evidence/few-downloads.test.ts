import { once } from "node:events";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { FewDownloads } from "./few-downloads.ts";

const MEGABYTE = Buffer.alloc(1024 * 1024, "a file");
const PIECE_BYTES = 65_536;
const PIECES = Array.from({ length: MEGABYTE.length / PIECE_BYTES }, (_, n) =>
  MEGABYTE.subarray(n * PIECE_BYTES, (n + 1) * PIECE_BYTES),
);
const content = async () => Readable.from(PIECES, { objectMode: false });

async function taken(downloads: FewDownloads): Promise<Readable> {
  const stream = await downloads.take(content);
  if (!stream) throw new Error("others are taking theirs");
  return stream;
}

test("a place is held until its content was read to the end", async () => {
  const downloads = new FewDownloads(new TestClock(), 1);
  const slow = await taken(downloads);
  await once(slow, "readable");
  expect(slow.read(1_000)).toHaveLength(1_000);
  expect(await downloads.take(content)).toBeUndefined();
  const closed = once(slow, "close");
  expect(await buffer(slow)).toHaveLength(MEGABYTE.length - 1_000);
  await closed;
  expect((await buffer(await taken(downloads))).equals(MEGABYTE)).toBe(true);
});

test("who goes away, or takes nothing any more, leaves the place to others", async () => {
  const clock = new TestClock();
  const downloads = new FewDownloads(clock, 1);
  const away = await taken(downloads);
  away.destroy();
  await once(away, "close");
  const stalled = await taken(downloads);
  const failed = once(stalled, "error");
  clock.advance(61_000);
  expect((await failed).map(String)).toEqual(["Error: stalled"]);
  await buffer(await taken(downloads));
});

test("what cannot be made holds no place", async () => {
  const downloads = new FewDownloads(new TestClock(), 1);
  const fails = downloads.take(() => Promise.reject(new Error("no such file")));
  await expect(fails).rejects.toThrow("no such file");
  await buffer(await taken(downloads));
});
