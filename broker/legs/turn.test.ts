import { setImmediate as turnEnd } from "node:timers/promises";
import { expect, test } from "vitest";
import { flushAtTurnEnd, flushMany } from "./turn.ts";

function legs(count: number, flushed: number[]): void {
  for (let each = 0; each < count; each++) {
    flushAtTurnEnd({ flush: () => flushed.push(each) });
  }
}

test("what a few have to send waits for the end of the turn, in order, and leaves once", async () => {
  const flushed: number[] = [];
  legs(3, flushed);
  flushMany();
  expect(flushed).toEqual([]);
  await turnEnd();
  expect(flushed).toEqual([0, 1, 2]);
  await turnEnd();
  expect(flushed).toHaveLength(3);
});

test("what many have to send leaves where a message is done with, and never a second time", async () => {
  const flushed: number[] = [];
  legs(40, flushed);
  expect(flushed).toEqual([]);
  flushMany();
  expect(flushed).toHaveLength(40);
  await turnEnd();
  expect(flushed).toHaveLength(40);
});

test("what is asked for while others are handed over is handed over too", async () => {
  const flushed: string[] = [];
  flushAtTurnEnd({
    flush: () => {
      flushed.push("first");
      flushAtTurnEnd({ flush: () => flushed.push("second") });
    },
  });
  await turnEnd();
  await turnEnd();
  expect(flushed).toEqual(["first", "second"]);
});
