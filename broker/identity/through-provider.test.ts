import { expect, test } from "vitest";
import { PROVIDER, PROVIDERS, TestIdentity } from "../../test/kit/identity.ts";
import type { ProviderProof } from "../store/model.ts";
import { insertPerson } from "../store/people.ts";
import { writeProvisioned } from "../store/provisioning.ts";
import { EXPECTED_MS } from "./expected-people.ts";
import { covers, type ProviderLogout } from "./provider-logouts.ts";

const proof: ProviderProof = { issuer: PROVIDER, subject: "ben", sid: "s1", issuedS: 100 };
const logout: ProviderLogout = {
  ...{ issuer: PROVIDER, subject: undefined, sid: "s1", issuedS: 100, jti: "j" },
};

test.each<[string, Partial<ProviderLogout>, Partial<ProviderProof>, boolean]>([
  ["its session", {}, {}, true],
  ["its session and person", { subject: "ben" }, {}, true],
  ["its person", { sid: undefined, subject: "ben" }, {}, true],
  ["another session", { sid: "s2" }, {}, false],
  ["another session of its person", { sid: "s2", subject: "ben" }, {}, false],
  ["its session, but another person", { subject: "eve" }, {}, false],
  ["another issuer", { issuer: "https://other.example" }, {}, false],
  ["a time before it", { issuedS: 99 }, {}, false],
])("a logout of %s is about a sign-in, or is not", (_, said, was, is) => {
  expect(covers({ ...logout, ...said }, { ...proof, ...was })).toBe(is);
});

test("a logout of a session is about a sign-in of that person whose session is not known", () => {
  const { sid: _, ...unknown } = proof;
  expect(covers({ ...logout, subject: "ben" }, unknown)).toBe(true);
  expect(covers(logout, unknown)).toBe(false);
});

test("what a provider said outlives no restart; the passkey alone does", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const there = await site.throughProvider(ada.me, ada, "ada-there");
  await site.restart();
  const { signIns } = site.identity;
  expect(signIns.authenticate(ada.me.token, true)).toBeDefined();
  expect(signIns.authenticate(there.me.token, true)).toBeUndefined();
});

test("the passkey begins the time of a sign-in anew, but not where a provider's word is part of it", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const there = await site.throughProvider(ada.me, ada, "ada-there");
  const ends = there.me.signIn.absoluteEndsMs;
  site.clock.advance(60_000);
  expect((await site.stepUp(there)).signIn.absoluteEndsMs).toBe(ends);
  expect((await site.stepUp(ada)).signIn.absoluteEndsMs).toBeGreaterThan(ends);
});

test("where it is asked for from now on, employees who came without it are out, and no others", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const vic = await site.invited(ada.me, "Vic", ["vendor"]);
  const rules = { ...PROVIDERS, required: true, except: new Set(["ada@plant.example"]) };
  await site.restart({}, rules);
  const isIn = [ada, ben, vic].map(({ me }) => site.identity.signIns.get(me.signIn.id));
  expect(isIn.map((me) => me?.person.name)).toEqual(["Ada", undefined, "Vic"]);
  await expect(site.signIn(ben.authenticator)).rejects.toMatchObject({ code: "provider-required" });
  await site.signIn(vic.authenticator);
  await site.signIn(ada.authenticator);
  expect(await site.events()).toContain("alarm sign-in:emergency");
});

test("whoever is expected is so for minutes, and not once the account is another's", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const account = { issuer: PROVIDER, subject: "ada-there" };
  const { through, signIns } = site.identity;
  await through.link(ada.me, ada.me.person.id, account);
  const said = { ...account, issuedS: Math.floor(site.clock.wallMs() / 1_000) };
  const tried = async (between: () => unknown) => {
    const browser = site.browser();
    const { token: expected } = await through.expect(said, browser.id);
    await between();
    const options = await signIns.options(browser);
    const response = ada.authenticator.assert(options);
    return signIns.finish(response, { ...browser, expected }, "provider");
  };
  await expect(tried(() => site.clock.advance(EXPECTED_MS))).rejects.toMatchObject({
    code: "provider-expired",
  });
  await expect(
    tried(() => through.unlink(ada.me, ada.me.person.id, account)),
  ).rejects.toMatchObject({ code: "provider-expired" });
  await expect(through.expect(said, "browser")).rejects.toMatchObject({ code: "account-unknown" });
});

test("what SCIM brings as its id is an account where the file says so, unless two have it", async () => {
  const site = await TestIdentity.open();
  await site.firstPerson();
  const issuers = new Map([[PROVIDER, { name: "Works account", scim: true }]]);
  await site.restart({}, { ...PROVIDERS, issuers });
  const { through } = site.identity;
  const brought = async (id: string, externalId: string) => {
    const person = { id, name: id, email: `${id}@plant.example`, employer: "x", userHandle: id };
    await insertPerson(site.store.queries, { ...person, roles: [], createdMs: 0 });
    const kept = { personId: id, userName: id, externalId, names: {}, active: true };
    await writeProvisioned(site.store.queries, { ...kept, version: 1, createdMs: 0, changedMs: 0 });
  };
  await brought("eve", "e-1");
  const account = { issuer: PROVIDER, subject: "e-1" };
  expect((await through.owner(account))?.id).toBe("eve");
  // Known, but without a passkey: nothing is expected of that browser.
  const said = { ...account, issuedS: 1 };
  await expect(through.expect(said, "browser")).rejects.toMatchObject({ code: "not-enrolled" });
  await brought("mal", "e-1");
  expect(await through.owner(account)).toBeUndefined();
});
