import { beforeEach, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import { SUPERVISOR_GRACE_MS, strictest } from "./standing-conditions.ts";

const NEEDS = "grants:\n";
const WAIT = { [NEEDS]: `conditions: [{ zone: cell, needs: [supervisor] }]\n${NEEDS}` };
const END = {
  [NEEDS]: `conditions: [{ profile: everything, needs: [supervisor], when-alone: end }]\n${NEEDS}`,
};

let kit: TestAccess;
let ben: Somebody;
let sue: Somebody;

beforeEach(async () => {
  kit = await TestAccess.open();
  ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer", "supervisor"]);
  sue = await kit.site.invited(kit.ada.me, "Sue", ["supervisor"]);
});

async function opened(changes: Readonly<Record<string, string>>) {
  kit.plant.edit(changes);
  const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
  const session = await kit.access.openSession(ben.me, "plc/modbus", grant.id);
  const attend = (who: Somebody) =>
    kit.access.presence.attend(session.claims.session, who.me.person);
  return { session, attend };
}

const kinds = async () => (await kit.site.store.log.list()).map(({ kind }) => kind);

test("a session that needs a supervisor begins still, goes on when one comes, and stops when they leave", async () => {
  const { session, attend } = await opened(WAIT);
  const leave = attend(sue);
  leave();
  attend(sue);
  expect(session.told).toEqual([
    "lapse supervisor: supervisor-absent",
    "meet supervisor",
    "lapse supervisor: supervisor-absent",
    "meet supervisor",
  ]);
});

test("neither the holder nor somebody without the right is a supervisor", async () => {
  const { session, attend } = await opened(WAIT);
  attend(ben);
  const olaf = await kit.site.invited(kit.ada.me, "Olaf", ["engineer"]);
  attend(olaf);
  expect(session.told.filter((told) => told.startsWith("meet"))).toEqual([]);
});

test("of two who watch one may leave", async () => {
  const { session, attend } = await opened(WAIT);
  const leave = attend(sue);
  const max = await kit.site.invited(kit.ada.me, "Max", ["supervisor"]);
  attend(max);
  leave();
  expect(session.told.at(-1)).toBe("meet supervisor");
});

test("left alone past the grace it waits, and somebody else hears of it", async () => {
  const { session, attend } = await opened(WAIT);
  attend(sue)();
  kit.site.clock.advance(SUPERVISOR_GRACE_MS);
  expect(session.told.at(-1)).toBe("lapse supervisor: supervisor-absent");
  await expect.poll(kinds).toContain("session:unattended");
  attend(sue);
  expect(session.told.at(-1)).toBe("meet supervisor");
});

test("where the plant file says so it ends, a grace after the last one left and no sooner", async () => {
  const { session, attend } = await opened(END);
  kit.site.clock.advance(2 * SUPERVISOR_GRACE_MS);
  const leave = attend(sue);
  leave();
  kit.site.clock.advance(SUPERVISOR_GRACE_MS - 1);
  expect(session.told).not.toContain("end supervisor-absent");
  attend(sue)();
  kit.site.clock.advance(SUPERVISOR_GRACE_MS - 1);
  expect(session.told).not.toContain("end supervisor-absent");
  kit.site.clock.advance(1);
  expect(session.told.at(-1)).toBe("end supervisor-absent");
});

test("a plant file that asks for it stops a live session, and one that asks no more lets it go on", async () => {
  const { session } = await opened({});
  kit.plant.edit(WAIT);
  expect(session.told).toEqual(["lapse supervisor: supervisor-absent"]);
  kit.plant.edit({});
  expect(session.told.at(-1)).toBe("meet supervisor");
});

test("policies are told that a supervisor is there, and decide again at once", async () => {
  const { session, attend } = await opened({});
  kit.policies.add(
    'forbid (principal, action == Action::"operate", resource) unless { context.session.supervisorPresent };',
  );
  expect(session.told.at(-1)).toBe("added-0: observe configure program transfer");
  const leave = attend(sue);
  expect(session.told.at(-1)).toBe("policy: observe operate configure program transfer");
  leave();
  expect(session.told.at(-1)).toBe("added-0: observe configure program transfer");
});

test("a key switch that nobody can read keeps sessions from opening", async () => {
  const key = `key-switches: [{ id: k, name: Gate, tag: Key, covers: { asset: plc } }]\n${NEEDS}`;
  kit.plant.edit({
    [NEEDS]: key,
    "units: [1], tags: []": "units: [1], tags: [{ name: Key, unit-id: 1, register: 10001 }]",
  });
  await expect(kit.access.openSession(ben.me, "plc/modbus")).rejects.toMatchObject({
    code: "key-switch",
  });
  expect(kit.access.keySwitches.isSiteOpen("nord")).toBe(true);
  expect(kit.access.keySwitches.over("other")).toEqual([]);
});

test("of several rules the strictest counts", () => {
  expect(strictest([])).toEqual({});
  expect(strictest([{ supervisor: "wait" }, { supervisor: "end" }, { consent: true }])).toEqual({
    ...{ supervisor: "end", consent: true },
  });
});
