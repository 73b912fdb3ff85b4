import { expect, test } from "vitest";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import { type KitSession, SessionKit } from "../../test/kit/session-kit.ts";
import type { Cause } from "./session.ts";
import { beginning } from "./tape-header.ts";

const WRITE = fromHex("0002 0000 0006 01 06 0064 07d0");
const READ = fromHex("0003 0000 0006 01 03 0064 0001");
const BUSY = "000200000003018606";
const ABSENT: Cause = { rule: "supervisor-absent", reason: "nobody watches" };
const OFF: Cause = { rule: "key-switch", reason: "the key is off" };
const BACK: Cause = { rule: "condition-met", reason: "all is well" };
const MINUTE_MS = 60_000;

async function opened(renewMs?: number): Promise<[SessionKit, KitSession]> {
  const kit = await SessionKit.start();
  return [kit, await kit.open(renewMs === undefined ? {} : { renewMs })];
}

const answers = ({ client }: KitSession) => client.written.map(toHex);

test("while a standing condition is not met a change is refused in its rule's name", async () => {
  const [, session] = await opened();
  session.live.lapse("supervisor", ABSENT);
  session.client.feed(WRITE);
  expect(answers(session)).toEqual([BUSY]);
  expect(session.ofKind("verdict")[0]?.items[0]).toMatchObject(ABSENT);
  expect([...session.live.capabilities]).toEqual(["observe"]);
  session.client.feed(READ);
  await session.sent(1);
});

test("the loss stands on the tape with its cause, and the owner is told once", async () => {
  const [, session] = await opened();
  session.live.lapse("supervisor", ABSENT);
  session.live.lapse("supervisor", ABSENT);
  const told = session.events.filter(({ kind }) => kind === "conditions");
  expect(told).toEqual([
    {
      ...{ kind: "conditions", classes: ["observe"], cause: ABSENT },
      conditions: [{ name: "supervisor", unmet: ABSENT }],
    },
  ]);
  const taped = session.ofKind("capabilities").at(-1);
  expect(taped).toMatchObject({ classes: ["observe"], cause: ABSENT.reason });
});

test("met again, changes pass without anybody's resuming", async () => {
  const [, session] = await opened();
  session.live.lapse("supervisor", ABSENT);
  session.live.meet("supervisor", BACK);
  session.client.feed(WRITE);
  await session.sent(1);
  expect(session.live.conditions).toEqual([{ name: "supervisor", unmet: null }]);
});

test("each condition, and a person, keeps changes back alone", async () => {
  const [, session] = await opened();
  const { live } = session;
  live.lapse("supervisor", ABSENT);
  live.lapse("key-switch k", OFF);
  live.freeze({ rule: "frozen", reason: "wait" });
  const holdsChanges = () => live.capabilities.has("operate");
  live.meet("supervisor", BACK);
  expect(holdsChanges()).toBe(false);
  live.resume({ rule: "resumed", reason: "go on" });
  expect(holdsChanges()).toBe(false);
  live.meet("key-switch k", BACK);
  expect(holdsChanges()).toBe(true);
});

test("a person's resuming gives nothing back that a condition keeps", async () => {
  const [, session] = await opened();
  session.live.lapse("supervisor", ABSENT);
  session.live.resume({ rule: "resumed", reason: "go on" });
  session.client.feed(WRITE);
  expect(answers(session)).toEqual([BUSY]);
});

test("what waited for the disk when a condition ceased to hold never leaves", async () => {
  const [kit, session] = await opened();
  kit.volume.hold();
  session.client.feed(WRITE);
  await kit.until(() => session.ofKind("verdict").length > 0);
  const report = session.live.lapse("supervisor", ABSENT);
  session.live.meet("supervisor", BACK);
  kit.volume.release();
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  expect(report.droppedOperations).toBe(1);
  expect(session.asset.written).toEqual([]);
});

test("rights that nobody renews lapse by themselves, reading too, until they are renewed", async () => {
  const [kit, session] = await opened(30_000);
  kit.clock.advance(30_001);
  session.client.feed(READ);
  session.client.feed(WRITE);
  expect(session.asset.written).toEqual([]);
  const rules = session.ofKind("verdict").map(({ items }) => items[0]?.rule);
  expect(rules).toEqual(["decision-expired", "decision-expired"]);
  session.live.renew();
  session.client.feed(READ);
  await session.sent(1);
});

test("a lease renews them, and a machine that slept has let them lapse", async () => {
  const [kit, session] = await opened(30_000);
  kit.clock.advance(25_000);
  session.live.lease(["observe", "operate"], BACK);
  kit.clock.advance(25_000);
  session.client.feed(READ);
  await session.sent(1);
  kit.clock.stepWall(MINUTE_MS);
  session.client.feed(WRITE);
  expect(session.ofKind("verdict").at(-1)?.items[0]?.rule).toBe("decision-expired");
});

test("a change that waited longer than its rights count is withheld", async () => {
  const [kit, session] = await opened(30_000);
  kit.volume.hold();
  session.client.feed(WRITE);
  await kit.until(() => session.ofKind("verdict").length > 0);
  kit.clock.advance(30_001);
  kit.volume.release();
  await kit.until(() => session.ofKind("event").some(({ event }) => event.kind === "withheld"));
  expect(session.asset.written).toEqual([]);
});

test("a change whose last check ends the session stands on the tape as withheld", async () => {
  const [kit, session] = await opened();
  kit.volume.hold();
  session.client.feed(WRITE);
  await kit.until(() => session.ofKind("verdict").length > 0);
  const decision = session.ofKind("verdict")[0]?.decision;
  kit.clock.stepWall(24 * 60 * MINUTE_MS);
  kit.volume.release();
  await session.live.closed;
  expect(session.asset.written).toEqual([]);
  const events = session.ofKind("event").map(({ event }) => event);
  expect(events).toContainEqual({ kind: "withheld", decision });
  expect(session.ofKind("sent").find(({ to }) => to === "asset")?.count).toBe(0);
  expect(session.ofKind("end")).toMatchObject([{ rule: "grant-end" }]);
});

test("the same where the asset's leg asks last", async () => {
  const [kit, session] = await opened();
  session.asset.withdraw = () => {};
  session.client.feed(WRITE);
  await session.sent(1);
  const decision = session.ofKind("verdict")[0]?.decision ?? 0;
  kit.clock.stepWall(24 * 60 * MINUTE_MS);
  expect(session.asset.obstacle(decision)).toBe("the session has ended");
  await session.live.closed;
  const events = session.ofKind("event").map(({ event }) => event);
  expect(events).toContainEqual({ kind: "withheld", decision });
});

test("the tape begins with who of the control room agreed, and by which signed act", async () => {
  const kit = await SessionKit.start();
  const { live } = await kit.open();
  const consent = { id: "c1", by: "person-2", name: "Sue Supervisor", actionId: "act-7" };
  expect(beginning({ ...live.claims, consent })).toBe(
    "the session began: Sue Supervisor agreed to it; signed act act-7",
  );
  const consented = await kit.openWith({ ...live.claims, session: "s2", consent });
  await consented.live.end({ rule: "cut", reason: "stop" });
  await consented.live.closed;
  const taped = await kit.recorded("s2");
  expect(taped.find(({ kind }) => kind === "capabilities")).toMatchObject({
    cause: expect.stringContaining("signed act act-7"),
  });
});
