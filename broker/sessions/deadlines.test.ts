import { expect, test } from "vitest";
import { fromHex } from "../../test/kit/hex.ts";
import { SessionKit } from "../../test/kit/session-kit.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { Calm } from "./calm.ts";
import { Deadlines } from "./deadlines.ts";
import type { Cause } from "./session.ts";

const READ = fromHex("0001 0000 0006 01 03 0064 0001");
const WRITE = fromHex("0002 0000 0006 01 06 0064 07d0");
const HOUR_MS = 3_600_000;

test("the end of the grant ends the session in that millisecond, with its rule", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ untilMs: kit.clock.wallMs() + 120_000 });
  kit.clock.advance(119_999);
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  kit.clock.advance(1);
  expect(session.client.closed && session.asset.closed).toBe(true);
  expect(session.events).toMatchObject([
    { kind: "deadline", rule: "grant-end", atMs: kit.clock.wallMs() },
    { kind: "end", cause: { rule: "grant-end" } },
  ]);
});

test("a write that waits for the disk when the grant ends never leaves", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ untilMs: kit.clock.wallMs() + 5_000 });
  kit.volume.hold();
  session.client.feed(WRITE);
  kit.clock.advance(5_000);
  kit.volume.release();
  await session.live.closed;
  expect(session.asset.written).toEqual([]);
});

test("polling does not keep a session from being idle; a person's act and a write do", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ idleMs: 60_000 });
  const poll = (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      kit.clock.advance(1_000);
      session.client.feed(READ);
      const number = session.asset.written.at(-1)?.subarray(0, 2) ?? new Uint8Array(2);
      session.asset.feed(Uint8Array.of(...number, 0, 0, 0, 5, 1, 3, 2, 0, 7));
    }
  };
  poll(50);
  session.live.activity();
  poll(50);
  session.client.feed(WRITE);
  await session.sent(101);
  session.asset.feed(Uint8Array.from(session.asset.written.at(-1) ?? []));
  poll(59);
  expect(session.client.closed).toBe(false);
  poll(1);
  expect(session.client.closed).toBe(true);
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule: "idle" } });
});

test("the owner is warned before idle ends the session, and told when it no longer will", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ idleMs: 600_000 });
  kit.clock.advance(540_000);
  expect(session.events).toMatchObject([{ kind: "deadline", rule: "idle" }]);
  session.live.activity();
  expect(session.events[1]).toEqual({
    ...{ kind: "deadline", rule: "idle" },
    atMs: kit.clock.wallMs() + 600_000,
  });
});

test("an owner away for longer than the lease ends the session; one who returns in time does not", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ leaseMs: 30_000 });
  session.live.ownerPresent(false);
  kit.clock.advance(29_000);
  session.live.ownerPresent(true);
  kit.clock.advance(60_000);
  expect(session.client.closed).toBe(false);
  session.live.ownerPresent(false);
  kit.clock.advance(20_000);
  session.live.ownerPresent(false);
  kit.clock.advance(10_000);
  expect(session.events.at(-1)).toMatchObject({ cause: { rule: "lease" } });
});

test("a page that looks in and leaves does not end what the owner's own tool works in", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ leaseMs: 30_000 });
  session.live.ownerPresent(true, "tool");
  session.live.ownerPresent(true);
  session.live.ownerPresent(false);
  kit.clock.advance(60_000);
  expect(session.client.closed).toBe(false);
  session.live.ownerPresent(false, "tool");
  kit.clock.advance(30_000);
  expect(session.events.at(-1)).toMatchObject({ cause: { rule: "lease" } });
});

/** A wall clock that steps; time that passes does not. */
class SteppingClock extends TestClock {
  step = 0;
  override wallMs(): number {
    return super.wallMs() + this.step;
  }
}

function deadlines(clock: SteppingClock): { causes: Cause[] } {
  const causes: Cause[] = [];
  const untilMs = clock.wallMs() + 2 * HOUR_MS;
  const limits = { idleMs: 8 * HOUR_MS, leaseMs: HOUR_MS, untilMs };
  const ended = (cause: Cause) => causes.push(cause);
  new Deadlines({
    clock,
    calm: new Calm(),
    limits,
    grantUntilMs: untilMs + 1,
    ended,
    warn: () => {},
  });
  return { causes };
}

test("a machine that slept over the end of the grant lets nothing pass when it wakes", () => {
  const clock = new SteppingClock();
  const causes: Cause[] = [];
  const untilMs = clock.wallMs() + HOUR_MS;
  const limits = { idleMs: 8 * HOUR_MS, leaseMs: HOUR_MS, untilMs };
  const ended = (cause: Cause) => causes.push(cause);
  const parts = { calm: new Calm(), clock, limits, grantUntilMs: untilMs, ended, warn: () => {} };
  const asleep = new Deadlines(parts);
  expect(asleep.check(clock.monotonicMs())).toBe(false);
  clock.step = HOUR_MS;
  expect(asleep.check(clock.monotonicMs())).toBe(true);
  expect(causes).toMatchObject([{ rule: "grant-end" }]);
});

test("a machine that slept longer than a session may be idle wakes to one that is over", () => {
  const clock = new SteppingClock();
  const causes: Cause[] = [];
  const untilMs = clock.wallMs() + 8 * HOUR_MS;
  const limits = { idleMs: HOUR_MS, leaseMs: HOUR_MS, untilMs };
  const ended = (cause: Cause) => causes.push(cause);
  const parts = { calm: new Calm(), clock, limits, grantUntilMs: untilMs, ended, warn: () => {} };
  const asleep = new Deadlines(parts);
  clock.step = HOUR_MS / 2;
  expect(asleep.check(clock.monotonicMs())).toBe(false);
  asleep.active();
  clock.step = HOUR_MS + HOUR_MS / 2 - 1;
  expect(asleep.check(clock.monotonicMs())).toBe(false);
  clock.step += 1;
  expect(asleep.check(clock.monotonicMs())).toBe(true);
  expect(causes).toMatchObject([{ rule: "idle" }]);
  // A clock that is set back gives nobody more time.
  const back = new Deadlines({ ...parts, grantUntilMs: Number.MAX_SAFE_INTEGER });
  clock.step = 0;
  clock.advance(HOUR_MS);
  expect(back.check(clock.monotonicMs())).toBe(true);
});

test("a clock set back an hour does not lengthen a session", () => {
  const clock = new SteppingClock();
  const { causes } = deadlines(clock);
  clock.step = -HOUR_MS;
  clock.advance(2 * HOUR_MS);
  expect(causes).toMatchObject([{ rule: "absolute" }]);
});

test("a clock set forward past the end ends it within half a minute", () => {
  const clock = new SteppingClock();
  const { causes } = deadlines(clock);
  clock.advance(HOUR_MS);
  clock.step = HOUR_MS;
  clock.advance(30_000);
  expect(causes).toMatchObject([{ rule: "absolute" }]);
});

test("time that is given moves the deadline, tells the owner and is taped", async () => {
  const kit = await SessionKit.start();
  const untilMs = kit.clock.wallMs() + 120_000;
  const session = await kit.open({ untilMs });
  kit.clock.advance(90_000);
  const moved = { rule: "grant-end", reason: "More time was given." };
  session.live.moveEnd(untilMs + HOUR_MS, moved);
  expect(session.live.untilMs).toBe(untilMs + HOUR_MS);
  expect(session.events.at(-1)).toEqual({
    ...{ kind: "deadline", rule: "grant-end", atMs: untilMs + HOUR_MS },
  });
  expect(session.ofKind("capabilities").at(-1)?.cause).toBe("More time was given.");
  kit.clock.advance(30_001);
  expect(session.client.closed).toBe(false);
  session.live.activity();
  for (let minutes = 0; minutes < 60; minutes++) {
    session.live.activity();
    kit.clock.advance(60_000);
  }
  expect(session.client.closed).toBe(true);
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule: "grant-end" } });
});

test("time that is taken ends it sooner", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ untilMs: kit.clock.wallMs() + HOUR_MS });
  session.live.moveEnd(kit.clock.wallMs() + 5_000, { rule: "grant-end", reason: "less" });
  kit.clock.advance(4_999);
  expect(session.client.closed).toBe(false);
  kit.clock.advance(1);
  expect(session.client.closed).toBe(true);
});

test("a write that waits for the disk when its time is taken never leaves", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ untilMs: kit.clock.wallMs() + HOUR_MS });
  kit.volume.hold();
  session.client.feed(WRITE);
  session.live.moveEnd(kit.clock.wallMs() + 1, { rule: "grant-end", reason: "less" });
  kit.clock.advance(1);
  kit.volume.release();
  await session.live.closed;
  expect(session.asset.written).toEqual([]);
});
