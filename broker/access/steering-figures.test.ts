import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { insertGrant } from "../store/grants.ts";
import { insertPerson } from "../store/people.ts";
import { insertLook } from "../store/recording-views.ts";
import { insertRequest } from "../store/requests.ts";
import { openStore, type Store } from "../store/store.ts";
import { figuresByMonth } from "./steering-figures.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WHEN = { nowMs: NOW, timeZone: "Europe/Vienna" };

async function ground() {
  const clock = new TestClock(NOW);
  const store = await openStore({ path: `${temporaryFolder()}/s.db`, clock });
  return { clock, store };
}

async function person(store: Store, id: string) {
  await insertPerson(store.queries, {
    ...{ id, name: id, email: `${id}@plant.example`, employer: "W", roles: ["engineer"] },
    ...{ userHandle: id, createdMs: 0 },
  });
}

test("a month with nothing in it has figures of nothing", async () => {
  const { store } = await ground();
  const months = await figuresByMonth(store, [], WHEN);
  expect(months).toHaveLength(12);
  expect(months[0]).toMatchObject({
    ...{ month: "2026-11", signIns: { begun: 0, refused: 0 }, refusals: 0 },
    requests: { made: 0, decided: { median: null, most: null } },
  });
  await store.close();
});

test("waits are from asking to the answer and to the first session under it", async () => {
  const { store, clock } = await ground();
  for (const id of ["ana", "sam"]) await person(store, id);
  const base = {
    ...{ personId: "ana", requestedBy: "ana", endpoints: ["plc/modbus"], profile: "p" },
    ...{ fromMs: null, untilMs: null, durationMs: MINUTE, weekly: null, sessionsMax: null },
    ...{ grantId: null, reason: "r", ticket: "" },
  };
  const asked = NOW - DAY;
  const one = (id: string, state: "approved" | "refused" | "waiting", waitMs: number) =>
    insertRequest(store.queries, {
      ...{ ...base, id, state, createdMs: asked, stateMs: asked + waitMs },
      expiresMs: asked + MINUTE,
    });
  await one("r1", "approved", 4 * MINUTE);
  await one("r2", "refused", 10 * MINUTE);
  await one("r3", "waiting", 0);
  await insertGrant(store.queries, {
    ...{ id: "g1", personId: "ana", endpoint: "plc/modbus", profile: "p", reason: "r" },
    ...{ fromMs: asked, untilMs: NOW, createdBy: "sam", createdMs: asked, requestId: "r1" },
    ...{ revokedMs: null, revokedBy: null, weekly: null, sessionsMax: null },
  });
  clock.stepWall(-DAY + 30 * MINUTE);
  await store.log.record({
    ...{ kind: "session:opened", priority: "event", text: "opened", about: { grant: "g1" } },
  });
  const [month] = await figuresByMonth(store, [], WHEN);
  expect(month?.requests).toEqual({
    ...{ made: 3, agreed: 1, refused: 1, lapsed: 1 },
    decided: { median: 4 * MINUTE, most: 10 * MINUTE },
    used: { median: 30 * MINUTE, most: 30 * MINUTE },
  });
  await store.close();
});

test("what the broker opens for itself is no session of people", async () => {
  const { store } = await ground();
  for (const holder of ["ana", "broker", "ana"]) {
    await store.log.record({
      ...{ kind: "session:opened", priority: "event", text: "opened", about: { holder } },
    });
  }
  const [month] = await figuresByMonth(store, [], WHEN);
  expect(month?.sessions.opened).toBe(2);
  await store.close();
});

test("a session that somebody took away counts as cut, with the time it took", async () => {
  const { store } = await ground();
  const ended = (rule: string, cutMs: string) =>
    store.log.record({
      ...{ kind: "session:ended", priority: "event", text: "ended", about: { rule, cutMs } },
    });
  await ended("owner-ended", "9.000");
  await ended("grant-revoked", "0.200");
  await ended("cut", "0.700");
  const [month] = await figuresByMonth(store, [], WHEN);
  expect(month?.sessions).toEqual({ opened: 0, cut: 2, cutAfter: { median: 0.2, most: 0.7 } });
  await store.close();
});

test("a recording is reviewed when somebody else has looked into it", async () => {
  const { store } = await ground();
  for (const id of ["ana", "sam"]) await person(store, id);
  const look = (id: string, recording: string, personId: string, how: "replay" | "live") =>
    insertLook(store.queries, {
      ...{ id, recording, how, personId, shareId: null, address: "a" },
      ...{ fromMs: NOW, untilMs: NOW, seen: null },
    });
  await look("1", "s1", "sam", "replay");
  await look("2", "s2", "ana", "replay");
  await look("3", "s3", "sam", "live");
  const recording = (session: string, endedMs: number) => ({
    ...{ session, endedMs, subject: "ana", state: "sealed" },
  });
  const all = [..."123"].map((n) => recording(`s${n}`, NOW - DAY));
  const [now, before] = await figuresByMonth(
    store,
    [...all, recording("s4", NOW - 30 * DAY)],
    WHEN,
  );
  expect(now?.recordings).toEqual({ ended: 3, unreviewed: 2 });
  expect(before?.recordings).toEqual({ ended: 1, unreviewed: 1 });
  await store.close();
});
