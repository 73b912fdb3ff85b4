import { expect, test } from "vitest";
import { OBSERVE_MASK, OPERATE_MASK } from "./class-mask.ts";
import { type PendingSend, ReleaseQueue } from "./release-queue.ts";

const ONE_MEBIBYTE = 1_048_576;

/** A tape whose commits happen when the test says so. */
class SlowTape {
  private readonly waiting: ((error: Error | undefined) => void)[] = [];
  whenDurable(done: (error: Error | undefined) => void): void {
    this.waiting.push(done);
  }
  commit(error?: Error): void {
    for (const done of this.waiting.splice(0)) done(error);
  }
}

function ground() {
  const tape = new SlowTape();
  const left: PendingSend[] = [];
  const withheld: PendingSend[] = [];
  const breaths: number[] = [];
  const queue: ReleaseQueue = new ReleaseQueue(tape, {
    release: (send) => void left.push(send),
    withhold: (send) => void withheld.push(send),
    breathe: () => void breaths.push(queue.length),
  });
  return { tape, queue, left, withheld, breaths };
}

const change = (decision: number, size: number): PendingSend => ({
  bytes: new Uint8Array(size),
  decision,
  mask: OPERATE_MASK,
  number: 1,
});

function fill(queue: ReleaseQueue): void {
  for (let decision = 1; decision <= 3; decision += 1) {
    queue.push(change(decision, ONE_MEBIBYTE), true);
  }
}

test("who streams is slowed until the disk has it, and told when there is room again", () => {
  const { tape, queue, left, breaths } = ground();
  fill(queue);
  expect(queue.isFull).toBe(true);
  tape.commit();
  expect(left.map(({ decision }) => decision)).toEqual([1, 2, 3]);
  expect(queue.isFull).toBe(false);
  expect(breaths).toHaveLength(1);
});

test("changes taken back for lost rights make room, and that is told", () => {
  const { tape, queue, left, breaths } = ground();
  fill(queue);
  queue.push({ bytes: new Uint8Array(8), decision: 9, mask: OBSERVE_MASK, number: 1 }, false);
  expect(queue.withdraw().map(({ decision }) => decision)).toEqual([1, 2, 3]);
  expect(queue.isFull).toBe(false);
  expect(left.map(({ decision }) => decision)).toEqual([9]);
  expect(breaths).toEqual([0]);
  tape.commit();
  expect(left).toHaveLength(1);
});

test("what lets go leaves at a cut, and the rest is given back", () => {
  const { queue } = ground();
  fill(queue);
  queue.push({ ...change(0, ONE_MEBIBYTE), letsGo: true }, false);
  expect(queue.takeLetsGo()).toHaveLength(1);
  expect(queue.clear()).toHaveLength(3);
  expect(queue.isFull).toBe(false);
  expect(queue.length).toBe(0);
});

test("a change whose record cannot be written is withheld, the next one too", () => {
  const { tape, queue, left, withheld } = ground();
  fill(queue);
  tape.commit(new Error("no space"));
  expect(left).toEqual([]);
  expect(withheld.map(({ decision }) => decision)).toEqual([1, 2, 3]);
});
