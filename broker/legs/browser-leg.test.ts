import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { BrowserLeg } from "./browser-leg.ts";
import { LEG_QUEUE_MAX, type LegSink } from "./leg.ts";

const CREDIT = 1_000;

function open(ended?: () => void) {
  const sent: Uint8Array[] = [];
  const heard = { bytes: [] as number[], closed: [] as string[], drained: 0 };
  const sink: LegSink = {
    bytes: (bytes) => heard.bytes.push(...bytes),
    lost: () => {},
    withheld: () => {},
    closed: (reason) => heard.closed.push(reason),
    drained: () => {
      heard.drained += 1;
    },
  };
  const send = (bytes: Uint8Array) => sent.push(bytes);
  const leg = new BrowserLeg({ send, creditBytes: CREDIT, ...(ended ? { ended } : {}) });
  leg.start(sink);
  const total = () => sent.reduce((sum, each) => sum + each.length, 0);
  return { leg, sent, heard, total };
}

test("what is written in one turn leaves in one message", async () => {
  const { leg, sent } = open();
  leg.write(Uint8Array.of(1, 2));
  leg.write(Uint8Array.of(3));
  expect(sent).toEqual([]);
  await turn();
  expect(sent.map((each) => [...each])).toEqual([[1, 2, 3]]);
});

test("no more is on its way than the page has credit for, and credit brings the rest", async () => {
  const { leg, total } = open();
  for (let n = 0; n < 100; n++) leg.write(new Uint8Array(100));
  await turn();
  expect(total()).toBe(CREDIT);
  leg.credit(500);
  expect(total()).toBe(1_500);
  leg.credit(Number.MAX_SAFE_INTEGER);
  expect(total()).toBe(2_500);
  leg.credit(-5);
  leg.credit(Number.NaN);
  expect(total()).toBe(2_500);
});

test("a page that consumes nothing fills the queue; the loop hears when there is room again", async () => {
  const { leg, heard } = open();
  while (leg.queued <= LEG_QUEUE_MAX) leg.write(new Uint8Array(1_000));
  await turn();
  while (leg.queued > LEG_QUEUE_MAX / 2) leg.credit(CREDIT);
  expect(heard.drained).toBe(1);
});

test("bytes that come while it is paused wait, in order, up to a bound", () => {
  const { leg, heard } = open();
  leg.pause();
  leg.received(Uint8Array.of(1));
  leg.received(Uint8Array.of(2));
  expect(heard.bytes).toEqual([]);
  leg.resume();
  expect(heard.bytes).toEqual([1, 2]);
  leg.pause();
  for (let n = 0; n < 5; n++) leg.received(new Uint8Array(100_000));
  expect(heard.closed).toEqual(["the page sent more than it may"]);
});

test("closing drops what is queued and tells the page's side once", async () => {
  let ended = 0;
  const { leg, sent, heard } = open(() => {
    ended += 1;
  });
  leg.write(Uint8Array.of(1));
  leg.close();
  leg.close();
  await turn();
  leg.received(Uint8Array.of(2));
  leg.gone("late");
  expect({ sent, ended, heard }).toMatchObject({
    sent: [],
    ended: 1,
    heard: { bytes: [], closed: [] },
  });
});
