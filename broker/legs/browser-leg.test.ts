import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
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

test("wherever the connection of a page breaks, it has the whole stream once, in order", async () => {
  const deed = fc.oneof(
    fc.record({ kind: fc.constant("write" as const), count: fc.integer({ min: 1, max: 700 }) }),
    fc.record({ kind: fc.constant("show" as const), share: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ kind: fc.constant("break" as const) }),
    // What was on its way when it broke is gone.
    fc.record({ kind: fc.constant("lose" as const) }),
    fc.record({ kind: fc.constant("back" as const) }),
  );
  const property = fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
    const page = { got: [] as number[], shown: 0, there: true, deaf: false };
    const leg = new BrowserLeg({
      ...{ keeps: true, creditBytes: CREDIT },
      send: (bytes) => {
        if (page.there && !page.deaf) page.got.push(...bytes);
      },
    });
    const sink = { bytes() {}, lost() {}, withheld() {}, closed() {}, drained() {} };
    leg.start(sink);
    let written = 0;
    const comeBack = () => {
      leg.rest();
      const has = { received: page.got.length, shown: page.shown };
      expect(leg.has(has)).toBe(true);
      page.there = true;
      page.deaf = false;
      leg.goOn(has);
    };
    const show = (share: number) => {
      const count = Math.ceil((page.got.length - page.shown) * share);
      if (count === 0 || !page.there || page.deaf) return;
      page.shown += count;
      leg.credit(count);
    };
    for (const each of deeds) {
      if (each.kind === "write") {
        leg.write(Uint8Array.from({ length: each.count }, () => written++ % 251));
        await turn();
      } else if (each.kind === "show") show(each.share / 100);
      else if (each.kind === "back") comeBack();
      else if (each.kind === "lose") page.deaf = true;
      else {
        page.there = false;
        leg.rest();
      }
    }
    comeBack();
    for (let before = -1; before !== page.got.length; ) {
      before = page.got.length;
      show(1);
    }
    expect(page.got.length).toBe(written);
    expect(page.got.every((byte, n) => byte === n % 251)).toBe(true);
  });
  await fc.assert(property, { numRuns: 60 });
});

test("a page that claims more than it was sent, or less than it had, is not gone on with", async () => {
  const leg = new BrowserLeg({ keeps: true, creditBytes: CREDIT, send: () => {} });
  leg.start({ bytes() {}, lost() {}, withheld() {}, closed() {}, drained() {} });
  leg.write(new Uint8Array(10));
  await turn();
  leg.credit(10);
  leg.write(new Uint8Array(10));
  await turn();
  const has = (received: number, shown: number) => leg.has({ received, shown });
  expect([has(20, 10), has(15, 12), has(20, 20)]).toEqual([true, true, true]);
  expect([has(21, 10), has(9, 9), has(20, 9), has(12, 15)]).toEqual([false, false, false, false]);
  leg.close();
  expect(has(20, 10)).toBe(false);
});
