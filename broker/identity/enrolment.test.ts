import { expect, test } from "vitest";
import { TestIdentity, tokenOf } from "../../test/kit/identity.ts";

const first = { name: "Ada", email: "Ada@Plant.example" };

test("the first link makes an administrator and engineer, signed in with a passkey", async () => {
  const site = await TestIdentity.open();
  const { me } = await site.firstPerson();
  expect(me.person).toMatchObject({
    email: "ada@plant.example",
    roles: ["administrator", "engineer"],
    state: "active",
    passkeys: 1,
  });
  expect(site.identity.signIns.authenticate(me.token, true)?.person.id).toBe(me.person.id);
  expect(await site.events()).toEqual(["event enrolment:first-start", "event passkey:enrolled"]);
});

test.each(["P-256", "Ed25519", "RSA"] as const)("a %s key enrols and signs in", async (kind) => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson(kind);
  const again = await site.signIn(ada.authenticator);
  expect(again.person.id).toBe(ada.me.person.id);
});

test("no first link is made once somebody has a passkey", async () => {
  const site = await TestIdentity.open();
  await site.firstPerson();
  expect(await site.identity.enrolment.firstStart(first)).toBeUndefined();
});

test("each start makes a new first link for the same person and voids the last", async () => {
  const site = await TestIdentity.open();
  const one = await site.identity.enrolment.firstStart(first);
  await site.restart();
  const two = await site.identity.enrolment.firstStart(first);
  if (!one || !two) throw new Error("no link");
  const refused = site.identity.enrolment.options(tokenOf(one), site.browser());
  await expect(refused).rejects.toMatchObject({ code: "link-invalid" });
  await site.enrol(two, site.authenticator());
  expect(await site.identity.people.list()).toHaveLength(1);
});

test("the first link ends after 15 minutes, an invitation after 24 hours", async () => {
  const site = await TestIdentity.open();
  const link = await site.identity.enrolment.firstStart(first);
  if (!link) throw new Error("no link");
  expect(link.expiresMs - site.clock.wallMs()).toBe(15 * 60_000);
  const { me } = await site.enrol(link, site.authenticator());
  const { link: invitation } = await site.identity.people.invite(me, {
    name: "Ben",
    email: "ben@plant.example",
    employer: "Nord",
    roles: ["engineer"],
  });
  site.clock.advance(24 * 3_600_000 - 1);
  await site.identity.enrolment.options(tokenOf(invitation), site.browser());
  site.clock.advance(1);
  const late = site.identity.enrolment.options(tokenOf(invitation), site.browser());
  await expect(late).rejects.toMatchObject({ code: "link-invalid" });
});

test("of ten browsers that open one link at once, one gets in", async () => {
  const site = await TestIdentity.open();
  const link = await site.identity.enrolment.firstStart(first);
  if (!link) throw new Error("no link");
  const attempts = Array.from({ length: 10 }, () => site.enrol(link, site.authenticator()));
  const results = await Promise.allSettled(attempts);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const result of results) {
    if (result.status === "rejected") expect(result.reason.code).toBe("link-invalid");
  }
  expect((await site.identity.people.list())[0]?.passkeys).toBe(1);
});

test("a registration is refused from another origin, site, frame, challenge, key or authenticator", async () => {
  const site = await TestIdentity.open();
  const link = await site.identity.enrolment.firstStart(first);
  if (!link) throw new Error("no link");
  const certificates = new Map([["x5c", new Map()]]);
  for (const lies of [
    { origin: "http://localhost:7481" },
    { origin: "https://localhost:7480" },
    { rpId: "evil.example" },
    { crossOrigin: true },
    { topOrigin: "https://evil.example" },
    { userVerified: false },
    { userPresent: false },
    { type: "webauthn.get" },
    { algorithm: -36 },
    { backedUp: true },
    { format: "packed", statement: certificates },
    { format: "fido-u2f", statement: certificates },
    { format: "none", statement: certificates },
  ]) {
    await expect(site.enrol(link, site.authenticator(), lies)).rejects.toMatchObject({
      code: "response-invalid",
    });
  }
  const replayed = site.enrol(link, site.authenticator(), { challenge: "AAAA" });
  await expect(replayed).rejects.toMatchObject({ code: "challenge-invalid" });
  // None of that used the link up.
  await site.enrol(link, site.authenticator());
});

test("a registration for one link does not fit another link, nor another browser", async () => {
  const site = await TestIdentity.open();
  const { me } = await site.firstPerson();
  const invite = (name: string) =>
    site.identity.people.invite(me, {
      name,
      email: `${name}@plant.example`,
      employer: "Nord",
      roles: ["engineer"],
    });
  const [ben, eve] = [await invite("ben"), await invite("eve")];
  const browser = site.browser();
  const { options } = await site.identity.enrolment.options(tokenOf(eve.link), browser);
  const response = site.authenticator().register(options);
  const finish = (token: string, where = browser) =>
    site.identity.enrolment.finish({ token, label: "Key", response }, where);
  for (const crossed of [finish(tokenOf(ben.link)), finish(tokenOf(eve.link), site.browser())]) {
    await expect(crossed).rejects.toMatchObject({ code: "challenge-invalid" });
  }
  expect((await finish(tokenOf(eve.link))).person.name).toBe("eve");
});

test("a key that one person has cannot be enrolled by another", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const { link } = await site.identity.people.invite(ada.me, {
    name: "Eve",
    email: "eve@plant.example",
    employer: "Nord",
    roles: ["engineer"],
  });
  const id = ada.authenticator.keys[0]?.id ?? "";
  const stolen = site.enrol(link, site.authenticator(), { id });
  await expect(stolen).rejects.toMatchObject({ code: "passkey-known" });
});

test("a link dies with its person's being disabled, and lives no more when enabled", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const { person, link } = await site.identity.people.invite(ada.me, {
    name: "Ben",
    email: "ben@plant.example",
    employer: "Nord",
    roles: ["engineer"],
  });
  await site.identity.people.change(ada.me, person.id, { disabled: true });
  await site.identity.people.change(ada.me, person.id, { disabled: false });
  await expect(site.enrol(link, site.authenticator())).rejects.toMatchObject({
    code: "link-invalid",
  });
});

test("guessing links from one address is slowed down and seen", async () => {
  const site = await TestIdentity.open();
  await site.firstPerson();
  const browser = site.browser("198.51.100.7");
  const guess = () => site.identity.enrolment.options("guess", browser);
  for (let n = 0; n < 20; n++)
    await expect(guess()).rejects.toMatchObject({ code: "link-invalid" });
  await expect(guess()).rejects.toMatchObject({ code: "rate-limited", retryAfterMs: 300_000 });
  expect((await site.events()).at(-1)).toBe("alarm sign-in:limited");
  site.clock.advance(300_000);
  await expect(guess()).rejects.toMatchObject({ code: "link-invalid" });
});
