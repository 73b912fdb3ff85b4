import { expect, test } from "vitest";
import { FairQueue } from "./fair-queue.ts";

function all<T>(queue: FairQueue<T>): T[] {
  return queue.clear();
}

test("a session with many requests waiting gets one turn as every other", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "a3", "a4"]) queue.push(queue.lane("a"), item);
  queue.push(queue.lane("b"), "b1");
  queue.push(queue.lane("c"), "c1");
  queue.push(queue.lane("c"), "c2");
  expect(all(queue)).toEqual(["a1", "b1", "c1", "a2", "c2", "a3", "a4"]);
});

test("a session that comes late is not behind the whole queue of another", () => {
  const queue = new FairQueue<string>();
  for (let n = 0; n < 100; n++) queue.push(queue.lane("a"), `a${n}`);
  expect(queue.shift()).toBe("a0");
  queue.push(queue.lane("b"), "b0");
  expect([queue.shift(), queue.shift()]).toContain("b0");
});

test("what a session takes back is gone, and the others keep their turns", () => {
  const queue = new FairQueue<string>();
  queue.push(queue.lane("a"), "a1");
  queue.push(queue.lane("b"), "b1");
  queue.push(queue.lane("a"), "a2");
  expect(queue.remove("a", () => true)).toEqual(["a1", "a2"]);
  queue.forget("a");
  queue.push(queue.lane("a"), "a3");
  expect(queue.length).toBe(2);
  expect(all(queue).sort()).toEqual(["a3", "b1"]);
});

test("when there is no room the newest of the longest queue goes", () => {
  const queue = new FairQueue<string>();
  queue.push(queue.lane("b"), "b1");
  for (const item of ["a1", "a2", "a3"]) queue.push(queue.lane("a"), item);
  expect(queue.dropFromLongest()).toBe("a3");
  expect(queue.lengthOf("a")).toBe(2);
  expect(queue.length).toBe(3);
});
