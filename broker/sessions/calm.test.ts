import { expect, test } from "vitest";
import { fromHex } from "../../test/kit/hex.ts";
import { SessionKit } from "../../test/kit/session-kit.ts";
import { Calm } from "./calm.ts";

const HOUR_MS = 3_600_000;
const READ = fromHex("0001 0000 0006 01 03 0064 0001");

test("calm is over when either clock says so, never later, and when somebody ends it", () => {
  const calm = new Calm();
  expect(calm.isOver(0, 0)).toBe(true);
  calm.begin(1_000.7, 5_000_700);
  expect(calm.isOver(999.9, 4_999_999)).toBe(false);
  expect(calm.isOver(1_000.5, 4_999_999)).toBe(true);
  expect(calm.isOver(999.9, 5_000_000)).toBe(true);
  calm.end();
  expect(calm.isOver(0, 0)).toBe(true);
});

test("an end that is moved nearer counts at the next operation, whatever was worked out before", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  session.live.moveEnd(kit.clock.wallMs() - 1, { rule: "grant-end", reason: "less" });
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  expect(session.client.closed).toBe(true);
});

test("a machine that wakes after the end of a session lets none of its reads pass", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.feed(READ);
  const wallMs = kit.clock.wallMs.bind(kit.clock);
  // Its timers stood still with everything else.
  Object.assign(kit.clock, { wallMs: () => wallMs() + 48 * HOUR_MS });
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  expect(session.client.closed).toBe(true);
});
