import { beforeEach, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";

let kit: TestAccess;
let ben: Somebody;

beforeEach(async () => {
  kit = await TestAccess.open();
  ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
});

test("a session ends in the turn in which its grant is revoked, before the store has heard of it", async () => {
  const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
  const session = await kit.access.openSession(ben.me, "plc/modbus");
  const revoked = kit.access.revokeGrant(kit.ada.me.person, grant.id);
  expect(session.told).toEqual(["end grant-revoked"]);
  expect(kit.access.liveGrants(ben.me.person, "plc/modbus")).toHaveLength(1);
  await revoked;
  expect((await kit.site.events()).at(-1)).toBe("event grant:revoked");
});

test("a session ends even if the store cannot keep the revocation, and who asked is told", async () => {
  const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
  const session = await kit.access.openSession(ben.me, "plc/modbus");
  await kit.site.store.close();
  await expect(kit.access.revokeGrant(kit.ada.me.person, grant.id)).rejects.toThrow(/closed/);
  expect(session.told).toEqual(["end grant-revoked"]);
});

test("a session ends when its person is disabled, with that as the rule", async () => {
  const session = await kit.access.openSession(ben.me, "plc/modbus");
  await kit.site.identity.people.change(kit.ada.me, ben.me.person.id, { disabled: true });
  expect(session.told).toEqual(["end person-disabled"]);
});

test("a session ends when its role is taken, and when the role that the grant names is taken", async () => {
  const session = await kit.access.openSession(ben.me, "plc/modbus");
  await kit.site.identity.people.change(kit.ada.me, ben.me.person.id, { roles: ["supervisor"] });
  expect(session.told).toEqual(["end role-changed"]);
  const cleo = await kit.site.invited(kit.ada.me, "Cleo", ["engineer"]);
  const other = await kit.access.openSession(cleo.me, "plc/modbus");
  await kit.site.identity.people.change(kit.ada.me, cleo.me.person.id, { roles: ["vendor"] });
  expect(other.told).toEqual(["end role-changed"]);
});

test("a session is leased less when the new role allows less", async () => {
  await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
  const session = await kit.access.openSession(ben.me, "plc/modbus");
  await kit.site.identity.people.change(kit.ada.me, ben.me.person.id, { roles: ["vendor"] });
  expect(session.told).toEqual(["role-changed: observe operate configure program"]);
  await kit.site.identity.people.change(kit.ada.me, ben.me.person.id, { name: "Benjamin" });
  expect(session.told).toHaveLength(1);
});

test("a session ends with its sign-in, not with another one of the same person", async () => {
  const phone = await kit.site.signIn(ben.authenticator);
  const session = await kit.access.openSession(ben.me, "plc/modbus");
  const onPhone = await kit.access.openSession(phone, "plc/modbus");
  await kit.site.identity.signIns.end(ben.me, phone.signIn.id);
  expect(onPhone.told).toEqual(["end sign-in-ended"]);
  expect(session.told).toEqual([]);
  kit.site.clock.advance(15 * 60_000);
  expect(session.told).toEqual(["end sign-in-ended"]);
});

test.each([
  ["the endpoint's address", { "10.1.2.3": "10.1.2.9" }, "end plant-changed"],
  ["the profile", { "[{ permit: observe }]": "[{ permit: operate }]" }, "end plant-changed"],
  ["the grant's subject", { "role:engineer": "role:vendor" }, "end plant-changed"],
  ["the grant's profile", { "profile: read }": "profile: everything }" }, "end plant-changed"],
  ["the grant, removed", { "id: engineers": "id: renamed" }, "end grant-revoked"],
  ["another asset", { "10.1.2.4": "10.1.2.9" }, undefined],
  ["a description", { "The device.": "The very device." }, undefined],
  ["another profile", { "description: All.": "description: Everything." }, undefined],
])("a session hears of a plant file that changes %s", async (_, changes, told) => {
  const session = await kit.access.openSession(ben.me, "plc/modbus", "engineers");
  kit.plant.edit(changes);
  expect(session.told).toEqual(told ? [told] : []);
});

test("a session's own deadline moves at once when the plant file moved the end of its grant forward", async () => {
  const session = await kit.access.openSession(ben.me, "plc/modbus", "engineers");
  const untilMs = kit.site.clock.wallMs() + 10 * 60_000;
  const until = new Date(untilMs).toISOString();
  kit.plant.edit({ "profile: read }": `profile: read, until: "${until}" }` });
  expect(session.told).toEqual([`moved grant-end ${untilMs}`]);
  kit.site.clock.advance(10 * 60_000);
  kit.site.clock.advance(25_000);
  expect(session.told.slice(1)).toEqual(["end grant-end"]);
});

test("what is decided again and stays the same is renewed, before it lapses", async () => {
  const session = await kit.access.openSession(ben.me, "plc/modbus", "engineers");
  for (let n = 0; n < 10; n++) kit.site.clock.advance(10_000);
  expect(session.renewals).toBeGreaterThanOrEqual(3);
  expect(session.told).toEqual([]);
});

test("a session is forgotten once it is closed, and a failing one does not save the others", async () => {
  const closed = await kit.access.openSession(ben.me, "plc/modbus");
  closed.end({ rule: "owner-ended", reason: "" });
  await closed.closed;
  const failing = await kit.access.openSession(ben.me, "plc/modbus");
  failing.end = () => {
    throw new Error("it does not end");
  };
  const last = await kit.access.openSession(ben.me, "plc/modbus");
  expect(() => kit.plant.edit({ "10.1.2.3": "10.1.2.9" })).toThrow(AggregateError);
  expect(closed.told).toEqual(["end owner-ended"]);
  expect(last.told).toEqual(["end plant-changed"]);
});
