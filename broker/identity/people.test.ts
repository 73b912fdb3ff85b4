import { expect, test } from "vitest";
import { type Somebody, TestIdentity, tokenOf } from "../../test/kit/identity.ts";
import type { Person, Role } from "../store/model.ts";
import { checkRoles } from "./roles.ts";

const MINUTE_MS = 60_000;

async function twoAdministrators(): Promise<{ site: TestIdentity; ada: Somebody; ben: Somebody }> {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["administrator"]);
  return { site, ada, ben };
}

test("an invited person enrols by the link and holds the roles given", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const heard: Person[] = [];
  site.identity.people.onChanged((person) => heard.push(person));
  const ben = await site.invited(ada.me, "Ben", ["supervisor", "engineer"]);
  expect(ben.me.person).toMatchObject({ roles: ["engineer", "supervisor"], state: "active" });
  expect(heard.map(({ state }) => state)).toEqual(["invited", "active"]);
});

test("only an administrator manages people, by what the store says now", async () => {
  const { site, ada, ben } = await twoAdministrators();
  const eve = await site.invited(ada.me, "Eve", ["engineer"]);
  const { people, recoveries } = site.identity;
  const stale = ben.me;
  await people.change(ada.me, ben.me.person.id, { roles: ["engineer"] });
  for (const by of [eve.me, stale]) {
    for (const act of [
      people.invite(by, { name: "X", email: "x@x", employer: "X", roles: ["engineer"] }),
      people.change(by, eve.me.person.id, { roles: ["administrator"] }),
      people.newLink(by, eve.me.person.id),
      recoveries.request(by, ada.me.person.id, "lost"),
      recoveries.approve(by, "any"),
    ]) {
      await expect(act).rejects.toMatchObject({ code: "not-allowed" });
    }
  }
});

test("an e-mail address, however written, belongs to one person", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const again = site.identity.people.invite(ada.me, {
    name: "Other",
    email: " ADA@plant.example ",
    employer: "X",
    roles: ["engineer"],
  });
  await expect(again).rejects.toMatchObject({ code: "email-taken" });
});

test("a name cannot carry control or direction characters, nor be nothing", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const invite = (name: string, email: string) =>
    site.identity.people.invite(ada.me, { name, email, employer: "X", roles: ["engineer"] });
  const { person } = await invite("Ben\u202e\r\nfake: line", "ben@x");
  expect(person.name).toBe("Ben fake: line");
  await expect(invite("\u200b \n", "c@x")).rejects.toMatchObject({ code: "input-invalid" });
  await expect(invite("C", "no address")).rejects.toMatchObject({ code: "input-invalid" });
  await expect(invite("C".repeat(1_000), "c@x")).rejects.toMatchObject({ code: "input-invalid" });
});

test("disabling ends the person's sign-ins at once, for good, and keeps them out", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const ends: string[] = [];
  site.identity.signIns.onEnded((signIn, end) => ends.push(`${signIn.personId} ${end.rule}`));
  await site.identity.people.change(ada.me, ben.me.person.id, { disabled: true });
  expect(ends).toEqual([`${ben.me.person.id} person-disabled`]);
  expect(site.identity.signIns.authenticate(ben.me.token, true)).toBeUndefined();
  await expect(site.signIn(ben.authenticator)).rejects.toMatchObject({ code: "person-disabled" });
  await expect(site.stepUp(ben)).rejects.toMatchObject({ code: "not-found" });
  await site.restart();
  expect(site.identity.signIns.authenticate(ben.me.token, true)).toBeUndefined();
  const adaAgain = await site.signIn(ada.authenticator);
  await site.identity.people.change(adaAgain, ben.me.person.id, { disabled: false });
  expect(site.identity.signIns.authenticate(ben.me.token, true)).toBeUndefined();
  await site.signIn(ben.authenticator);
});

test("a sign-in under way while its person is disabled does not survive", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const tries = Array.from({ length: 5 }, () => site.signIn(ben.authenticator));
  const disabled = site.identity.people.change(ada.me, ben.me.person.id, { disabled: true });
  const results = await Promise.allSettled(tries);
  await disabled;
  for (const result of results) {
    if (result.status === "rejected") continue;
    expect(site.identity.signIns.authenticate(result.value.token, true)).toBeUndefined();
  }
  expect(await site.store.queries.selectFrom("sign_ins").selectAll().execute()).toHaveLength(1);
});

test("a changed role counts for the sign-in that exists", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  await site.identity.people.change(ada.me, ben.me.person.id, { roles: ["supervisor"] });
  const now = site.identity.signIns.authenticate(ben.me.token, true);
  expect(now?.person.roles).toEqual(["supervisor"]);
});

test("the last administrator who can sign in keeps role and account", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  // Invited, but has no passkey yet: cannot administer.
  await site.identity.people.invite(ada.me, {
    name: "Ben",
    email: "ben@plant.example",
    employer: "Nord",
    roles: ["administrator"],
  });
  for (const change of [{ disabled: true }, { roles: ["engineer"] as const }]) {
    await expect(
      site.identity.people.change(ada.me, ada.me.person.id, change),
    ).rejects.toMatchObject({ code: "last-administrator" });
  }
});

test("two administrators who remove each other at once do not both succeed", async () => {
  const { site, ada, ben } = await twoAdministrators();
  const results = await Promise.allSettled([
    site.identity.people.change(ada.me, ben.me.person.id, { roles: ["supervisor"] }),
    site.identity.people.change(ben.me, ada.me.person.id, { roles: ["supervisor"] }),
  ]);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const people = await site.identity.people.list();
  expect(people.filter(({ roles }) => roles.includes("administrator"))).toHaveLength(1);
});

test("nobody adds a role to oneself; another administrator does, and an alarm says so", async () => {
  const { site, ada, ben } = await twoAdministrators();
  const own = site.identity.people.change(ben.me, ben.me.person.id, {
    roles: ["administrator", "auditor"],
  });
  await expect(own).rejects.toMatchObject({ code: "not-allowed" });
  const given = await site.identity.people.change(ada.me, ben.me.person.id, {
    roles: ["administrator", "auditor"],
  });
  expect(given.roles).toEqual(["administrator", "auditor"]);
  expect((await site.events()).at(-1)).toBe("alarm person:roles");
  await site.identity.people.change(ben.me, ben.me.person.id, { roles: ["administrator"] });
});

test.each<[readonly Role[], boolean]>([
  [["administrator", "engineer"], true],
  [["administrator", "auditor"], true],
  [["engineer", "supervisor"], true],
  [["administrator", "supervisor"], true],
  [["vendor"], true],
  [["auditor", "engineer"], false],
  [["auditor", "vendor"], false],
  [["auditor", "supervisor"], false],
  [["vendor", "engineer"], false],
  [["vendor", "administrator"], false],
  [[], false],
  [["root" as Role], false],
])("roles %j together: %s", (roles, allowed) => {
  if (allowed) expect(checkRoles(roles)).toHaveLength(roles.length);
  else expect(() => checkRoles(roles)).toThrow();
});

test("a new link is for who never enrolled", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const { person, link } = await site.identity.people.invite(ada.me, {
    name: "Ben",
    email: "ben@plant.example",
    employer: "Nord",
    roles: ["engineer"],
  });
  const newer = await site.identity.people.newLink(ada.me, person.id);
  const old = site.identity.enrolment.options(tokenOf(link), site.browser());
  await expect(old).rejects.toMatchObject({ code: "link-invalid" });
  await site.enrol(newer, site.authenticator());
  await expect(site.identity.people.newLink(ada.me, person.id)).rejects.toMatchObject({
    code: "not-invited",
  });
});

test("two administrators recover a person: old passkeys and sign-ins go when the link is used", async () => {
  const { site, ada, ben } = await twoAdministrators();
  const cleo = await site.invited(ada.me, "Cleo", ["engineer"]);
  const { recoveries } = site.identity;
  const recovery = await recoveries.request(ada.me, cleo.me.person.id, "phone in the river");
  expect(recoveries.mayApprove(ada.me, recovery)).toBe(false);
  expect(recoveries.mayApprove(cleo.me, recovery)).toBe(false);
  expect(recoveries.mayApprove(ben.me, recovery)).toBe(true);
  const link = await recoveries.approve(ben.me, recovery.id);
  expect(link.expiresMs - site.clock.wallMs()).toBe(60 * MINUTE_MS);
  // Until then nothing is lost.
  expect(site.identity.signIns.authenticate(cleo.me.token, true)).toBeDefined();
  const anew = await site.enrol(link, site.authenticator());
  expect(anew.me.person).toMatchObject({ id: cleo.me.person.id, passkeys: 1 });
  expect(site.identity.signIns.authenticate(cleo.me.token, true)).toBeUndefined();
  await expect(site.signIn(cleo.authenticator)).rejects.toMatchObject({ code: "passkey-unknown" });
  await site.signIn(anew.authenticator);
  const events = await site.events();
  for (const kind of ["recovery:requested", "recovery:approved", "passkey:removed"]) {
    expect(events).toContain(`alarm ${kind}`);
  }
});

test("a recovery needs another administrator, fresh, in time, and once", async () => {
  const { site, ada, ben } = await twoAdministrators();
  const dan = await site.invited(ada.me, "Dan", ["administrator"]);
  const { recoveries } = site.identity;
  const recovery = await recoveries.request(ada.me, ben.me.person.id, "lost");
  const refused = { code: "not-allowed" };
  await expect(recoveries.approve(ada.me, recovery.id)).rejects.toMatchObject(refused);
  await expect(recoveries.approve(ben.me, recovery.id)).rejects.toMatchObject(refused);
  await expect(recoveries.request(dan.me, ben.me.person.id, "again")).rejects.toMatchObject({
    code: "recovery-open",
  });
  await expect(recoveries.request(ada.me, ada.me.person.id, "me")).rejects.toMatchObject(refused);
  site.clock.advance(5 * MINUTE_MS + 1);
  const stale = site.identity.signIns.get(dan.me.signIn.id);
  if (!stale) throw new Error("signed out");
  await expect(recoveries.approve(stale, recovery.id)).rejects.toMatchObject({
    code: "step-up-required",
  });
  const fresh = await site.stepUp({ ...dan, me: { ...dan.me, ...stale } });
  const both = await Promise.allSettled([
    recoveries.approve(fresh, recovery.id),
    recoveries.approve(fresh, recovery.id),
  ]);
  expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await recoveries.list()).toEqual([]);
});

test("a recovery asked for by who is no administrator any more is void, as is an old one", async () => {
  const { site, ada, ben } = await twoAdministrators();
  const cleo = await site.invited(ada.me, "Cleo", ["engineer"]);
  const { recoveries, people } = site.identity;
  const recovery = await recoveries.request(ben.me, cleo.me.person.id, "lost");
  await people.change(ada.me, ben.me.person.id, { roles: ["engineer"] });
  await expect(recoveries.approve(ada.me, recovery.id)).rejects.toMatchObject({
    code: "not-allowed",
  });
  site.clock.advance(60 * MINUTE_MS);
  expect(await recoveries.list()).toEqual([]);
});

test("on the host an active person gets a recovery link, and an alarm stays", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const link = await site.identity.recoveries.onHost("ADA@plant.example", "root");
  expect(await site.events()).toContain("alarm recovery:on-host");
  const anew = await site.enrol(link, site.authenticator());
  expect(anew.me.person.id).toBe(ada.me.person.id);
  await expect(site.signIn(ada.authenticator)).rejects.toMatchObject({ code: "passkey-unknown" });
  await expect(site.identity.recoveries.onHost("no@body", "root")).rejects.toMatchObject({
    code: "not-found",
  });
});

test("a second passkey is added after a fresh assertion, with the first one excluded", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const second = site.authenticator("Ed25519");
  await expect(site.addPasskey(ada.me, ada.authenticator)).rejects.toThrow("InvalidStateError");
  await site.addPasskey(ada.me, second);
  expect((await site.signIn(second)).person.passkeys).toBe(2);
  site.clock.advance(5 * MINUTE_MS + 1);
  const stale = site.identity.signIns.get(ada.me.signIn.id);
  if (!stale) throw new Error("signed out");
  await expect(site.identity.passkeys.addOptions(stale)).rejects.toMatchObject({
    code: "step-up-required",
  });
  await expect(site.identity.passkeys.remove(stale, "any")).rejects.toMatchObject({
    code: "step-up-required",
  });
});

test("removing a passkey ends the sign-ins made with it, and the last one stays", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const second = site.authenticator();
  const { id } = await site.addPasskey(ada.me, second);
  const phone = await site.signIn(second);
  await site.identity.passkeys.remove(ada.me, id);
  expect(site.identity.signIns.authenticate(phone.token, true)).toBeUndefined();
  await expect(site.signIn(second)).rejects.toMatchObject({ code: "passkey-unknown" });
  const [last] = await site.identity.passkeys.list(ada.me);
  const remove = site.identity.passkeys.remove(ada.me, last?.id ?? "");
  await expect(remove).rejects.toMatchObject({ code: "last-passkey" });
});

test("removing both of two passkeys at once leaves one", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  await site.addPasskey(ada.me, site.authenticator());
  const own = await site.identity.passkeys.list(ada.me);
  const results = await Promise.allSettled(
    own.map(({ id }) => site.identity.passkeys.remove(ada.me, id)),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("nobody removes another person's passkey", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  await site.addPasskey(ben.me, site.authenticator());
  const [key] = await site.identity.passkeys.list(ben.me);
  await expect(site.identity.passkeys.remove(ada.me, key?.id ?? "")).rejects.toMatchObject({
    code: "not-found",
  });
});

test("a challenge for adding a passkey does not enrol by a link, nor the other way round", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const options = await site.identity.passkeys.addOptions(ada.me);
  const { link } = await site.identity.people.invite(ada.me, {
    name: "Eve",
    email: "eve@plant.example",
    employer: "Nord",
    roles: ["engineer"],
  });
  const response = site.authenticator().register(options);
  const answer = { token: tokenOf(link), label: "Key", response };
  await expect(site.identity.enrolment.finish(answer, ada.browser)).rejects.toMatchObject({
    code: "challenge-invalid",
  });
});
