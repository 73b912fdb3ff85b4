import { expect, test } from "vitest";
import { SegmentCache, type SegmentSpan, segmentAt, segmentOf } from "./segments.ts";

const SPANS: SegmentSpan[] = Array.from({ length: 5 }, (_, number) => ({
  number,
  firstSequence: number * 100,
  lastSequence: number * 100 + 99,
  firstMs: number * 10_000,
  lastMs: number * 10_000 + 8_000,
}));

test("a moment lies in the segment that began last before it", () => {
  expect(segmentAt(SPANS, 0)).toBe(0);
  expect(segmentAt(SPANS, 19_999)).toBe(1);
  expect(segmentAt(SPANS, 20_000)).toBe(2);
  expect(segmentAt(SPANS, 1e9)).toBe(4);
  expect(segmentAt(SPANS, -1)).toBe(0);
  expect(segmentAt([], 5)).toBe(0);
});

test("a sequence number lies in the segment that holds it", () => {
  expect(segmentOf(SPANS, 99)).toBe(0);
  expect(segmentOf(SPANS, 100)).toBe(1);
  expect(segmentOf(SPANS, 499)).toBe(4);
});

async function settled(): Promise<void> {
  for (let n = 0; n < 4; n += 1) await Promise.resolve();
}

test("a segment is fetched once, however often it is wanted", async () => {
  const fetched: number[] = [];
  const cache = new SegmentCache(
    async (index) => {
      fetched.push(index);
      return `content ${index}`;
    },
    () => {},
  );
  cache.want([1, 2]);
  cache.want([1, 2]);
  expect(cache.peek(1)).toEqual({ kind: "loading" });
  await settled();
  cache.want([1]);
  expect(fetched).toEqual([1, 2]);
  expect(cache.peek(1)).toEqual({ kind: "loaded", content: "content 1" });
});

test("memory is bounded: far segments are dropped, wanted ones never", async () => {
  const cache = new SegmentCache(
    async (index) => index,
    () => {},
    3,
  );
  for (let index = 0; index < 100; index += 1) {
    cache.want([index, index + 1]);
    await settled();
  }
  const kept = Array.from({ length: 102 }, (_, n) => cache.peek(n)).filter(Boolean);
  expect(kept).toHaveLength(3);
  expect(cache.peek(99)?.kind).toBe("loaded");
  expect(cache.peek(100)?.kind).toBe("loaded");
});

test("a segment that cannot be fetched says so and can be asked for again", async () => {
  let fails = true;
  let changes = 0;
  const cache = new SegmentCache(
    async (index) => {
      if (fails) throw new Error("the broker cannot be reached");
      return index;
    },
    () => {
      changes += 1;
    },
  );
  cache.want([0]);
  await settled();
  expect(cache.peek(0)).toEqual({ kind: "failed", message: "the broker cannot be reached" });
  cache.want([0]);
  await settled();
  expect(cache.peek(0)?.kind).toBe("failed");
  fails = false;
  cache.again(0);
  await settled();
  expect(cache.peek(0)).toEqual({ kind: "loaded", content: 0 });
  expect(changes).toBe(2);
});

test("an answer that comes after everything was forgotten is not kept", async () => {
  const cache = new SegmentCache(
    async (index) => index,
    () => {},
  );
  cache.want([0]);
  cache.forget();
  await settled();
  expect(cache.peek(0)).toBeUndefined();
});
