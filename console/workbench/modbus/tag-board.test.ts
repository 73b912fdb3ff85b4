import { expect, test } from "vitest";
import { NEVER_READ, type Reading, TagBoard } from "./tag-board.ts";

function setUp() {
  const frames: (() => void)[] = [];
  const board = new TagBoard((call) => frames.push(call));
  const picture = () => {
    for (const call of frames.splice(0)) call();
  };
  return { board, frames, picture };
}

function good(value: number): Reading {
  return { quality: "good", value, registers: [value], atMs: 1, why: "" };
}

test("a thousand readings cost one frame, and only changed rows are told", () => {
  const { board, frames, picture } = setUp();
  const told: string[] = [];
  board.subscribe("a", () => told.push("a"));
  board.subscribe("b", () => told.push("b"));
  for (let n = 0; n < 1000; n += 1) board.put("a", good(n));
  expect(frames).toHaveLength(1);
  expect(told).toEqual([]);
  picture();
  expect(told).toEqual(["a"]);
  expect(board.get("a").value).toBe(999);
});

test("a failed read keeps the last value and says why", () => {
  const { board } = setUp();
  board.put("a", good(5));
  board.fail("a", "refused", "default-deny");
  expect(board.get("a")).toMatchObject({ quality: "refused", value: 5, why: "default-deny" });
  expect(board.get("never")).toBe(NEVER_READ);
});

test("bytes are credited when they were shown, not when they came", () => {
  const { board, picture } = setUp();
  let credited = 0;
  board.put("a", good(1));
  board.whenShown(() => {
    credited += 11;
  });
  expect(credited).toBe(0);
  picture();
  picture();
  expect(credited).toBe(11);
});

test("a row that is gone is not told any more", () => {
  const { board, picture } = setUp();
  let told = 0;
  const leave = board.subscribe("a", () => {
    told += 1;
  });
  leave();
  board.put("a", good(1));
  picture();
  expect(told).toBe(0);
});
