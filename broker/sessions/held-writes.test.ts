import { expect, test } from "vitest";
import { testProfile } from "../../test/kit/claims.ts";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import type { MemoryLeg } from "../../test/kit/memory-leg.ts";
import { type KitSession, SessionKit } from "../../test/kit/session-kit.ts";
import type { Rule, RuleLimits } from "../plant/model.ts";

/** Register 11 (P101.SpeedSetpoint) to 100. */
const WRITE = fromHex("0002 0000 0006 01 06 000b 0064");
const OTHER_WRITE = fromHex("0003 0000 0006 01 06 000b 0065");
const READ = fromHex("0001 0000 0006 01 03 0064 0001");
const BUSY = "000200000003018606";

const rule = (limits: RuleLimits): Rule => ({
  name: "careful",
  verdict: "permit",
  match: { classes: ["operate"], tags: ["P101.SpeedSetpoint"] },
  limits,
});
const STEP = testProfile([rule({ stepMax: 10 })]);

async function probes(kit: SessionKit, session: KitSession): Promise<MemoryLeg> {
  await kit.until(() => session.hasProbed, "a probe");
  return session.probed;
}

/** Answers the last read on this leg with one register. */
function hold(leg: MemoryLeg, value: number): void {
  const request = leg.written.at(-1) ?? new Uint8Array();
  const number = toHex(request.subarray(0, 2));
  leg.feed(fromHex(`${number} 0000 0005 01 03 02 ${value.toString(16).padStart(4, "0")}`));
}

test("a step within its bound: held, read by the broker, permitted, sent", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: STEP });
  session.client.feed(WRITE);
  const probe = await probes(kit, session);
  expect(toHex(probe.written[0] ?? READ).slice(12)).toBe("0103000b0001");
  expect(session.asset.written).toEqual([]);
  hold(probe, 95);
  await session.sent(1);
  expect(toHex(session.asset.written[0] ?? READ).slice(12)).toBe("0106000b0064");
  expect(session.ofKind("channel")).toMatchObject([{ by: "subject" }, { by: "broker" }]);
  const verdicts = session
    .ofKind("verdict")
    .map(({ channel, items }) => [channel, items[0]?.answer.kind, items[0]?.rule]);
  expect(verdicts).toEqual([
    [1, "hold", "careful"],
    [2, "permit", "probe"],
    [1, "permit", "careful"],
  ]);
  expect(session.events.map((each) => each.kind === "decision" && each.verdict)).toEqual([
    "hold",
    "permit",
  ]);
});

test("a step beyond its bound is denied and the asset hears only the probe", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: STEP });
  session.client.feed(WRITE);
  hold(await probes(kit, session), 50);
  await session.answered(1);
  expect(session.client.written.map(toHex)).toEqual(["000200000003018603"]);
  expect(session.asset.written).toEqual([]);
});

test("a value that comes too late denies, and a late answer changes nothing", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: STEP });
  session.client.feed(WRITE);
  const probe = await probes(kit, session);
  kit.clock.advance(1_000);
  expect(session.client.written.map(toHex)).toEqual([BUSY]);
  hold(probe, 95);
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  expect(session.asset.written).toEqual([]);
});

test.each([
  ["does not answer", (leg: MemoryLeg) => leg.lose(1, "no answer")],
  ["answers with an exception", (leg: MemoryLeg) => leg.feed(fromHex("0001 0000 0003 01 83 02"))],
  ["breaks the protocol", (leg: MemoryLeg) => leg.feed(fromHex("ffff ffff ffff ffff"))],
  ["hangs up", (leg: MemoryLeg) => leg.hangUp()],
])("a probe whose asset %s is a denial", async (_, fail) => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: STEP });
  session.client.feed(WRITE);
  fail(await probes(kit, session));
  await session.answered(1);
  expect(session.client.written.map(toHex)).toEqual([BUSY]);
  expect(session.asset.written).toEqual([]);
});

test("reads go past a write that waits for its value", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: STEP });
  session.client.feed(WRITE);
  await probes(kit, session);
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  hold(session.asset, 1);
  expect(session.client.written.length).toBe(1);
});

test("another session's write of the point waits from the reading until the outcome", async () => {
  const kit = await SessionKit.start();
  const careful = await kit.open({ profile: STEP });
  const plain = await kit.open();
  careful.client.feed(WRITE);
  const probe = await probes(kit, careful);
  plain.client.feed(OTHER_WRITE);
  hold(probe, 95);
  await careful.sent(1);
  expect(plain.asset.written).toEqual([]);
  careful.asset.feed(careful.asset.written[0]?.slice() ?? READ);
  await plain.sent(1);
  expect(plain.ofKind("verdict").map(({ items }) => items[0]?.answer.kind)).toEqual([
    "hold",
    "permit",
  ]);
});

test("a write under way elsewhere is waited for before the value is read, but not for ever", async () => {
  const kit = await SessionKit.start();
  const plain = await kit.open();
  const careful = await kit.open({ profile: STEP });
  plain.client.feed(OTHER_WRITE);
  await plain.sent(1);
  careful.client.feed(WRITE);
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  expect(careful.hasProbed).toBe(false);
  kit.clock.advance(2_000);
  expect(careful.client.written.map(toHex)).toEqual([BUSY]);
  plain.asset.lose(1, "no answer");
  careful.client.feed(WRITE);
  hold(await probes(kit, careful), 95);
  await careful.sent(1);
});

test("a value that grew old while its write waited for the disk withholds the write", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: STEP });
  session.client.feed(WRITE);
  const probe = await probes(kit, session);
  kit.volume.hold();
  hold(probe, 95);
  await kit.until(() => session.ofKind("verdict").length === 3, "the verdict");
  kit.clock.advance(1_001);
  kit.volume.release();
  await session.answered(1);
  expect(session.asset.written).toEqual([]);
  expect(session.ofKind("event")).toMatchObject([
    { event: { kind: "withheld" }, cause: /read too long ago/ },
  ]);
});

test("a value that grew old while its write waited in the asset's leg withholds the write", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: STEP });
  session.client.feed(WRITE);
  hold(await probes(kit, session), 95);
  await session.sent(1);
  expect(session.asset.obstacle(1)).toBe(undefined);
  kit.clock.advance(1_001);
  expect(session.asset.obstacle(1)).toContain("read too long ago");
});

test("a right lost while the value is read denies; a cut drops the write and frees the point", async () => {
  const kit = await SessionKit.start();
  const one = await kit.open({ profile: STEP });
  one.client.feed(WRITE);
  const probe = await probes(kit, one);
  one.live.lease(["observe"], { rule: "grant-revoked", reason: "taken away" });
  hold(probe, 95);
  await one.answered(1);
  expect(one.asset.written).toEqual([]);
  const two = await kit.open({ profile: STEP });
  two.client.feed(WRITE);
  await probes(kit, two);
  two.live.end({ rule: "cut", reason: "stop" });
  const three = await kit.open();
  three.client.feed(OTHER_WRITE);
  await three.sent(1);
});

test("an interlock that is off denies the write", async () => {
  const kit = await SessionKit.start();
  const profile = testProfile([rule({ while: { tag: "P101.Remote", is: 1 } })]);
  const session = await kit.open({ profile });
  session.client.feed(WRITE);
  const probe = await probes(kit, session);
  expect(toHex(probe.written[0] ?? READ).slice(12)).toBe("010100050001");
  const number = toHex((probe.written[0] ?? READ).subarray(0, 2));
  probe.feed(fromHex(`${number} 0000 0004 01 01 01 00`));
  await session.answered(1);
  expect(session.asset.written).toEqual([]);
});
