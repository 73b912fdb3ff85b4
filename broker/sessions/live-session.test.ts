import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { testProfile, WRITE_ALL } from "../../test/kit/claims.ts";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import { MemoryLeg } from "../../test/kit/memory-leg.ts";
import { type KitSession, SessionKit } from "../../test/kit/session-kit.ts";

const READ = fromHex("0001 0000 0006 01 03 0064 0001");
const WRITE = fromHex("0002 0000 0006 01 06 0064 07d0");

/** The disk fails; the recorder notices at the next write. */
async function breakDisk(kit: SessionKit, session: KitSession): Promise<void> {
  kit.volume.failure = new Error("no space left on device");
  session.live.tape.append({ kind: "watch", subject: "someone", joined: true });
  session.live.tape.whenDurable(() => {});
  await kit.until(() => kit.evidence.recorder.state.kind === "failed", "the failure");
}

/** Each retry of the recorder is set only after the last one has failed on a real disk. */
async function thaw(kit: SessionKit, session: KitSession): Promise<void> {
  for (let n = 0; n < 100 && session.live.frozen; n++) {
    kit.clock.advance(250);
    await pause(20);
  }
  expect(session.live.frozen).toBe(false);
}

test("freeze: nothing above observe passes, reads go on, the owner is told, and it thaws", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  await breakDisk(kit, session);
  expect(session.live.frozen).toBe(true);
  expect(session.events).toMatchObject([{ kind: "recorder", state: "frozen" }]);
  session.client.feed(WRITE);
  expect(session.client.written.map(toHex)).toEqual(["00020000000301860b"]);
  expect(session.asset.written).toEqual([]);
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  kit.volume.failure = undefined;
  await thaw(kit, session);
  session.client.feed(WRITE);
  await session.sent(2);
  expect(session.events.at(-2)).toMatchObject({ kind: "recorder", state: "ready" });
  session.live.end({ rule: "owner-ended", reason: "done" });
  await session.live.closed;
  const kinds = (await kit.recorded("session-1")).map(({ kind }) => kind);
  expect(kinds).toContain("gap");
});

test("freeze: a write that waited for the failing disk never leaves", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  kit.volume.hold();
  session.client.feed(WRITE);
  kit.volume.failure = new Error("input/output error");
  kit.volume.release();
  await session.answered(1);
  expect(session.asset.written).toEqual([]);
  expect(toHex(session.client.written[0] ?? READ)).toBe("000200000003018606");
});

test("freeze ends the session after five minutes without a recorder", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  await breakDisk(kit, session);
  kit.clock.advance(299_000);
  expect(session.client.closed).toBe(false);
  kit.clock.advance(1_000);
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule: "recorder" } });
});

test("stop ends the session as soon as nothing can be recorded", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: testProfile([WRITE_ALL], "stop") });
  await breakDisk(kit, session);
  expect(session.client.closed && session.asset.closed).toBe(true);
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule: "recorder" } });
});

test("a change lost in the asset's queue is taken back when its right is", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  const withdrawn: string[] = [];
  Object.assign(session.asset, { withdraw: (cause: string) => withdrawn.push(cause) });
  session.live.lease(["observe"], { rule: "grant-revoked", reason: "taken away" });
  expect(withdrawn).toEqual(["taken away"]);
  expect([...session.live.capabilities]).toEqual(["observe"]);
});

test("what a change of capabilities was decided on stands on the tape", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  const seen: (string | undefined)[] = [];
  session.live.watch("sue", (record) => {
    if (record.kind === "capabilities") seen.push(record.basis);
  });
  session.live.lease(["observe"], { rule: "policy", reason: "less" }, '{"policies":"abc"}');
  session.live.lease(["observe", "operate"], { rule: "policy", reason: "more" });
  expect(seen).toEqual(['{"policies":"abc"}', undefined]);
});

test("an empty set of capabilities ends the session", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.live.lease([], { rule: "person-disabled", reason: "the account was disabled" });
  expect(session.client.closed).toBe(true);
  expect(await session.live.closed).toMatchObject({ rule: "person-disabled" });
});

test("who watches sees the tape, stands on it, and is shown to the owner", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  const seen: TapeRecord["kind"][] = [];
  const leave = session.live.watch("person-2", ({ kind }) => seen.push(kind));
  expect(session.live.watchers).toEqual(["person-2"]);
  session.client.feed(READ);
  leave();
  session.client.feed(READ);
  expect(seen).toEqual(["watch", "bytes", "verdict"]);
  expect(session.live.watchers).toEqual([]);
  expect(session.ofKind("watch").map(({ joined }) => joined)).toEqual([true, false]);
  session.live.end({ rule: "cut", reason: "stop" });
  expect(() => leave()).not.toThrow();
  expect(() => session.live.watch("late", () => {})()).not.toThrow();
});

test("several channels: each its own guard and asset leg; a cut ends them all", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  const second = new MemoryLeg();
  const handle = await session.live.attach(second, "second");
  session.client.feed(READ);
  second.feed(READ);
  expect(session.asset.written.length).toBe(1);
  handle.close();
  expect(await handle.ended).toMatchObject({ rule: "client-closed" });
  expect(session.client.closed).toBe(false);
  session.live.end({ rule: "cut", reason: "stop" });
  expect(session.client.closed).toBe(true);
  const third = new MemoryLeg();
  await expect(session.live.attach(third, "late")).rejects.toMatchObject({ code: "session-ended" });
  expect(third.closed).toBe(true);
});

test("a fault of ours ends the session, raises an alarm, and is not swallowed", async () => {
  const kit = await SessionKit.start();
  const alarms: string[] = [];
  const session = await kit.open({ hooks: { onAlarm: (_, text) => alarms.push(text) } });
  session.asset.onWrite = () => {
    throw new Error("a leg of ours is broken");
  };
  session.client.feed(READ);
  expect(alarms[0]).toMatch(/leg of ours is broken/);
  expect(session.client.closed && session.asset.closed).toBe(true);
  expect(await session.live.closed).toMatchObject({ rule: "fault" });
});

test("a watcher that throws is dropped, and what it watches goes on", async () => {
  const kit = await SessionKit.start();
  const alarms: string[] = [];
  const session = await kit.open({ hooks: { onAlarm: (_, text) => alarms.push(text) } });
  session.live.watch("person-2", () => {
    throw new Error("the page is gone");
  });
  await kit.until(() => session.live.watchers.length === 0, "leaving");
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  expect(alarms.length).toBeLessThanOrEqual(2);
});

test("fifty sessions end at once: all are cut before the first is sealed, all are sealed", async () => {
  const kit = await SessionKit.start();
  const sessions: KitSession[] = [];
  for (let n = 0; n < 50; n++) sessions.push(await kit.open());
  for (const session of sessions) session.client.feed(READ);
  const reports = sessions.map(({ live }) => live.end({ rule: "cut", reason: "site locked" }));
  expect(sessions.every(({ client, asset }) => client.closed && asset.closed)).toBe(true);
  expect(reports.every(({ cutMicroseconds }) => cutMicroseconds < 100_000)).toBe(true);
  await Promise.all(sessions.map(({ live }) => live.closed));
  const states = (await kit.evidence.recordings.list()).map(({ state }) => state);
  expect(states).toEqual(new Array(50).fill("sealed"));
});

const FROZEN = { rule: "frozen", reason: "Sam Supervisor: wait for me", by: "person-2" };

test("frozen by a person: no change passes, reads do, the owner and the tape say who and why", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.live.freeze(FROZEN);
  expect([...session.live.capabilities]).toEqual(["observe"]);
  session.client.feed(WRITE);
  session.client.feed(READ);
  expect(session.client.written.map(toHex)).toEqual(["000200000003018606"]);
  expect(session.asset.written.length).toBe(1);
  expect(session.events).toMatchObject([
    { kind: "freeze", frozen: true, classes: ["observe"], cause: FROZEN },
    { kind: "decision", verdict: "deny", rule: "frozen", reason: FROZEN.reason },
  ]);
  expect(session.ofKind("capabilities").at(-1)).toMatchObject({
    ...{ classes: ["observe"], cause: FROZEN.reason },
  });
  session.live.resume({ rule: "resumed", reason: "Sam Supervisor: go on", by: "person-2" });
  session.client.feed(WRITE);
  await session.sent(2);
});

test("what was queued when it was frozen stays dead, even if it is resumed at once", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  kit.volume.hold();
  session.client.feed(WRITE);
  const report = session.live.freeze(FROZEN);
  session.live.resume({ rule: "resumed", reason: "a mistake" });
  kit.volume.release();
  await session.answered(1);
  expect(report.droppedOperations).toBe(1);
  expect(session.asset.written).toEqual([]);
  expect(session.ofKind("event")).toContainEqual(
    expect.objectContaining({ event: { kind: "withheld", decision: 1 }, cause: FROZEN.reason }),
  );
});

test("rights leased while it is frozen count once it is resumed", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.live.freeze(FROZEN);
  session.live.lease(["observe", "operate", "program"], { rule: "policy", reason: "more" });
  expect([...session.live.capabilities]).toEqual(["observe"]);
  session.live.resume({ rule: "resumed", reason: "go on" });
  expect([...session.live.capabilities]).toEqual(["observe", "operate", "program"]);
});
