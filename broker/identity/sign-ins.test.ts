import { expect, test } from "vitest";
import { TestIdentity } from "../../test/kit/identity.ts";
import type { SignInEnd } from "./identity.ts";
import { openIdentity } from "./open-identity.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

test("signing in names nobody, asks for verification and works for whoever holds the key", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const options = await site.identity.signIns.options(site.browser());
  expect(options.allowCredentials ?? []).toEqual([]);
  expect(options.userVerification).toBe("required");
  expect((await site.signIn(ben.authenticator)).person.name).toBe("Ben");
});

test("an assertion is refused when anything about it is not ours", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const benHandle = ben.authenticator.keys[0]?.userHandle ?? "";
  for (const lies of [
    { origin: "http://localhost:7481" },
    { origin: "http://localhost:7480.evil.example" },
    { rpId: "evil.example" },
    { crossOrigin: true },
    { topOrigin: "https://evil.example" },
    { userVerified: false },
    { userPresent: false },
    { type: "webauthn.create" },
    { badSignature: true },
    { userHandle: benHandle },
    { userHandle: null },
    { backupEligible: true, backedUp: true },
  ]) {
    await expect(site.signIn(ada.authenticator, lies)).rejects.toMatchObject({
      code: "response-invalid",
    });
    // This test is not about limits.
    site.clock.advance(15 * MINUTE_MS);
  }
});

test("a key that nobody enrolled is unknown", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const id = Buffer.alloc(32, 7).toString("base64url");
  await expect(site.signIn(ada.authenticator, { id })).rejects.toMatchObject({
    code: "passkey-unknown",
  });
});

test("a challenge is good for one answer, one browser, one purpose and five minutes", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const { signIns } = site.identity;
  const browser = site.browser();
  const options = await signIns.options(browser);
  const invalid = { code: "challenge-invalid" };
  const answer = (to = options) => ada.authenticator.assert(to);
  await expect(signIns.finish(answer(), site.browser())).rejects.toMatchObject(invalid);
  await expect(signIns.stepUp(ada.me, answer(), browser)).rejects.toMatchObject(invalid);
  await signIns.finish(answer(), browser);
  await expect(signIns.finish(answer(), browser)).rejects.toMatchObject(invalid);
  const forStepUp = await signIns.stepUpOptions(ada.me);
  await expect(signIns.finish(answer(forStepUp), browser)).rejects.toMatchObject(invalid);
  const slow = await signIns.options(browser);
  site.clock.advance(5 * MINUTE_MS);
  await expect(signIns.finish(answer(slow), browser)).rejects.toMatchObject(invalid);
});

test("of two equal assertions sent at once one signs in", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const browser = site.browser();
  const response = ada.authenticator.assert(await site.identity.signIns.options(browser));
  const results = await Promise.allSettled([
    site.identity.signIns.finish(response, browser),
    site.identity.signIns.finish(response, browser),
  ]);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a counter that goes back is refused and raises an alarm; a forged one raises none", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  await site.signIn(ada.authenticator, { counter: 100 });
  const forged = site.signIn(ada.authenticator, { counter: 5, badSignature: true });
  await expect(forged).rejects.toMatchObject({ code: "response-invalid" });
  expect(await site.events()).not.toContain("alarm passkey:counter");
  for (const counter of [100, 99, 0]) {
    const back = site.signIn(ada.authenticator, { counter });
    await expect(back).rejects.toMatchObject({ code: "passkey-counter" });
  }
  expect(await site.events()).toContain("alarm passkey:counter");
  await site.signIn(ada.authenticator, { counter: 101 });
});

test("anything at all may come as a response", async () => {
  const site = await TestIdentity.open();
  for (const [index, junk] of [
    undefined,
    null,
    7,
    "x",
    [],
    {},
    { id: "a", rawId: "a", type: "public-key", response: {} },
    { id: "x".repeat(5_000), rawId: "b", type: "public-key", response: {} },
    {
      id: "AA",
      rawId: "AA",
      type: "public-key",
      response: { clientDataJSON: "AAAA", authenticatorData: "AA", signature: "AA" },
    },
  ].entries()) {
    const browser = site.browser(`198.51.100.${index}`);
    await expect(site.identity.signIns.finish(junk, browser)).rejects.toMatchObject({
      code: "response-invalid",
    });
  }
});

test("a sign-in ends after 15 minutes unseen, and background requests do not keep it", async () => {
  const site = await TestIdentity.open();
  const { me } = await site.firstPerson();
  const ends: SignInEnd[] = [];
  site.identity.signIns.onEnded((_, end) => ends.push(end));
  const check = (seen: boolean) => site.identity.signIns.authenticate(me.token, seen) !== undefined;
  site.clock.advance(14 * MINUTE_MS);
  expect(check(true)).toBe(true);
  site.clock.advance(14 * MINUTE_MS);
  expect(check(false)).toBe(true);
  site.clock.advance(MINUTE_MS);
  expect(check(false)).toBe(false);
  expect(ends.map(({ rule }) => rule)).toEqual(["idle"]);
});

test("a busy sign-in ends after 12 hours", async () => {
  const site = await TestIdentity.open();
  const { me } = await site.firstPerson();
  const ends: SignInEnd[] = [];
  site.identity.signIns.onEnded((_, end) => ends.push(end));
  for (let n = 0; n < 12 * 6 - 1; n++) {
    site.clock.advance(10 * MINUTE_MS);
    site.identity.signIns.seen(me.signIn.id);
  }
  expect(site.identity.signIns.get(me.signIn.id)).toBeDefined();
  site.clock.advance(10 * MINUTE_MS);
  expect(site.identity.signIns.get(me.signIn.id)).toBeUndefined();
  expect(ends.map(({ rule }) => rule)).toEqual(["absolute"]);
});

test("a passkey shown before the end begins the 12 hours anew, also over a restart", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const { id, createdMs, absoluteEndsMs } = ada.me.signIn;
  const busyFor = (hours: number) => {
    for (let n = 0; n < hours * 6; n++) {
      site.clock.advance(10 * MINUTE_MS);
      site.identity.signIns.seen(id);
    }
  };
  busyFor(11);
  const { signIn, token } = await site.stepUp(ada);
  expect(signIn).toMatchObject({ id, createdMs, absoluteEndsMs: absoluteEndsMs + 11 * HOUR_MS });
  busyFor(6);
  await site.restart();
  expect(site.identity.signIns.authenticate(token, true)?.signIn).toMatchObject({
    ...{ id, absoluteEndsMs: absoluteEndsMs + 11 * HOUR_MS },
  });
  busyFor(5);
  expect(site.identity.signIns.get(id)).toBeDefined();
  busyFor(1);
  expect(site.identity.signIns.get(id)).toBeUndefined();
});

test("a restart keeps sign-ins, their idle time and their absolute end", async () => {
  const site = await TestIdentity.open();
  const { me } = await site.firstPerson();
  site.clock.advance(10 * MINUTE_MS);
  await site.restart();
  expect(site.identity.signIns.authenticate(me.token, false)?.assertionAgeMs).toBe(10 * MINUTE_MS);
  site.clock.advance(5 * MINUTE_MS);
  expect(site.identity.signIns.authenticate(me.token, false)).toBeUndefined();
  await site.restart();
  expect(site.identity.signIns.authenticate(me.token, false)).toBeUndefined();
});

test("the store holds no token, only digests", async () => {
  const site = await TestIdentity.open();
  const { me } = await site.firstPerson();
  const rows = await site.store.queries.selectFrom("sign_ins").selectAll().execute();
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(me.token);
  expect(me.token).toMatch(/^[\w-]{43}$/);
});

test("a step-up gives a new token and a fresh assertion; the old token fades without it", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  site.clock.advance(10 * MINUTE_MS);
  const stepped = await site.stepUp(ada);
  const { signIns } = site.identity;
  expect(stepped.token).not.toBe(ada.me.token);
  expect(signIns.authenticate(stepped.token, true)?.assertionAgeMs).toBe(0);
  expect(signIns.authenticate(ada.me.token, true)?.assertionAgeMs).toBe(10 * MINUTE_MS);
  site.clock.advance(5_000);
  expect(signIns.authenticate(ada.me.token, true)).toBeUndefined();
  expect(signIns.authenticate(stepped.token, true)?.signIn.id).toBe(ada.me.signIn.id);
});

test("one person cannot step up with another person's key", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const crossed = site.stepUp({ ...ada, authenticator: ben.authenticator });
  await expect(crossed).rejects.toMatchObject({ code: "response-invalid" });
});

test("signing out kills the token at once and for good", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const stepped = await site.stepUp(ada);
  await site.identity.signIns.signOut(ada.me);
  for (const token of [stepped.token, ada.me.token]) {
    expect(site.identity.signIns.authenticate(token, true)).toBeUndefined();
  }
  await site.restart();
  expect(site.identity.signIns.authenticate(stepped.token, true)).toBeUndefined();
  const late = site.stepUp(ada);
  await expect(late).rejects.toMatchObject({ code: "not-found" });
});

test("one's own sign-ins are listed and ended, nobody else's", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const phone = await site.signIn(ada.authenticator);
  const own = await site.identity.signIns.listOwn(ada.me);
  expect(own.map(({ id }) => id).sort()).toEqual([ada.me.signIn.id, phone.signIn.id].sort());
  await expect(site.identity.signIns.end(ben.me, phone.signIn.id)).rejects.toMatchObject({
    code: "not-found",
  });
  await site.identity.signIns.end(ada.me, phone.signIn.id);
  expect(site.identity.signIns.authenticate(phone.token, true)).toBeUndefined();
  expect(site.identity.signIns.authenticate(ada.me.token, true)).toBeDefined();
});

test("signing in anew in a browser ends what was signed in there", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const again = await site.signIn(ada.authenticator, {}, { ...ada.browser, token: ada.me.token });
  expect(site.identity.signIns.authenticate(ada.me.token, true)).toBeUndefined();
  expect(site.identity.signIns.authenticate(again.token, true)).toBeDefined();
});

test("the eleventh browser of a person ends the one longest unseen", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const second = await site.signIn(ada.authenticator);
  site.clock.advance(1_000);
  site.identity.signIns.seen(ada.me.signIn.id);
  for (let n = 0; n < 9; n++) await site.signIn(ada.authenticator);
  expect(await site.identity.signIns.listOwn(ada.me)).toHaveLength(10);
  expect(site.identity.signIns.get(second.signIn.id)).toBeUndefined();
});

test("a clock that is set back makes nothing younger", async () => {
  const site = await TestIdentity.open({ idleMs: 15 * MINUTE_MS });
  const ada = await site.firstPerson();
  site.clock.advance(14 * MINUTE_MS);
  const step = -60 * MINUTE_MS;
  const wallMs = site.clock.wallMs.bind(site.clock);
  site.clock.wallMs = () => wallMs() + step;
  expect(site.identity.signIns.authenticate(ada.me.token, false)?.assertionAgeMs).toBe(
    14 * MINUTE_MS,
  );
  site.clock.advance(MINUTE_MS);
  expect(site.identity.signIns.authenticate(ada.me.token, false)).toBeUndefined();
});

test("failing again and again with one person's key makes that person wait, from anywhere", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const from = (n: number) => site.browser(`198.51.100.${n}`);
  for (let n = 0; n < 10; n++) {
    const failing = site.signIn(ada.authenticator, { badSignature: true }, from(n));
    await expect(failing).rejects.toMatchObject({ code: "response-invalid" });
  }
  const honest = site.signIn(ada.authenticator, {}, from(99));
  await expect(honest).rejects.toMatchObject({ code: "rate-limited" });
  expect(await site.events()).toContain("alarm sign-in:limited");
  site.clock.advance(15 * MINUTE_MS);
  await site.signIn(ada.authenticator, {}, from(99));
});

test("a flood of failures from everywhere does not fill the log", async () => {
  const site = await TestIdentity.open();
  for (let n = 0; n < 600; n++) {
    const browser = site.browser(`10.0.${n >> 8}.${n & 255}`);
    await site.identity.signIns.finish({}, browser).catch(() => {});
  }
  expect(await site.events()).toHaveLength(500);
});

test("challenges of one address are bounded", async () => {
  const site = await TestIdentity.open();
  const ask = (address: string) => site.identity.signIns.options(site.browser(address));
  for (let n = 0; n < 200; n++) await ask(`2001:db8:0:1::${n.toString(16)}`);
  await expect(ask("2001:db8:0:1:ffff::1")).rejects.toMatchObject({ code: "rate-limited" });
  await ask("2001:db8:0:2::1");
  site.clock.advance(5 * MINUTE_MS);
  await ask("2001:db8:0:1::1");
});

test("a flood from many addresses keeps nobody from signing in, and no signed act waits for it", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const nowMs = site.clock.wallMs();
  const flood = (of: number) =>
    Array.from({ length: 1_000 }, (_, n) => ({
      ...{ hash: `${of} ${n}`, purpose: "sign-in", binding: "b", address: `192.0.${of}.${n}` },
      expires_ms: nowMs + 60_000,
    }));
  for (let of = 0; of < 21; of += 1) {
    await site.store.queries.insertInto("challenges").values(flood(of)).execute();
  }
  const who = await site.signIn(ada.authenticator);
  expect(who.person.name).toBe("Ada");
  await site.identity.signIns.stepUpOptions(ada.me);
  const { all } = await site.store.queries
    .selectFrom("challenges")
    .select((count) => count.fn.countAll<number>().as("all"))
    .executeTakeFirstOrThrow();
  expect(all).toBeLessThan(21_000);
});

test("passkeys of another RP ID stop the start, unless the change is accepted; then they are dead", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const moved = { rpId: "plant.example", origins: ["https://console.plant.example"] };
  const config = { rpName: "Sallyport", ...moved };
  const silent = openIdentity({ store: site.store, clock: site.clock, config });
  await expect(silent).rejects.toMatchObject({ code: "rp-id-changed" });
  await site.restart({ ...moved, acceptRpIdChange: true });
  expect((await site.events()).at(-1)).toBe("alarm passkey:rp-id-changed");
  const lies = { origin: "https://console.plant.example", rpId: "plant.example" };
  const browser = site.browser();
  const options = await site.identity.signIns.options(browser);
  const [key] = ada.authenticator.keys;
  const response = ada.authenticator.assert(options, lies, key);
  await expect(site.identity.signIns.finish(response, browser)).rejects.toMatchObject({
    code: "passkey-unknown",
  });
});

test.each([
  { origins: [] },
  { origins: ["http://localhost:7480/"] },
  { origins: ["https://elsewhere.example"] },
  { rpId: "plant.example", origins: ["http://plant.example"] },
  { rpId: "plant.example", origins: ["https://evilplant.example"] },
  { idleMs: 15 * MINUTE_MS + 1 },
  { absoluteMs: 13 * 60 * MINUTE_MS },
  { idleMs: 0 },
])("the configuration %j is refused", async (config) => {
  await expect(TestIdentity.open(config)).rejects.toMatchObject({ code: "input-invalid" });
});

test("a machine that slept counts as time: idle, the longest time and the age of the assertion", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ends: SignInEnd[] = [];
  site.identity.signIns.onEnded((_, end) => ends.push(end));
  site.clock.stepWall(10 * MINUTE_MS);
  expect(site.identity.signIns.get(ada.me.signIn.id)?.assertionAgeMs).toBe(10 * MINUTE_MS);
  site.clock.stepWall(6 * MINUTE_MS);
  expect(site.identity.signIns.get(ada.me.signIn.id)).toBeUndefined();
  // No timer runs while a machine sleeps: it is noticed soon after.
  site.clock.advance(MINUTE_MS);
  expect(ends.map(({ rule }) => rule)).toEqual(["idle"]);
});

test("a clock that was set back makes no sign-in and no assertion younger", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  site.clock.advance(10 * MINUTE_MS);
  site.clock.stepWall(-60 * MINUTE_MS);
  expect(site.identity.signIns.get(ada.me.signIn.id)?.assertionAgeMs).toBe(10 * MINUTE_MS);
  site.clock.advance(6 * MINUTE_MS);
  expect(site.identity.signIns.get(ada.me.signIn.id)).toBeUndefined();
});
