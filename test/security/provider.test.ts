/**
 * Attacks on signing in through an identity provider: by whoever sits between, by another browser,
 * and by a provider that was taken over.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportSPKI, generateKeyPair, importJWK } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ReturnedView } from "../../broker/api/shapes/providers.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import {
  type Asked,
  askedIn,
  challengeOf,
  HOSTILE_SECRET,
  HostileProvider,
  type Made,
} from "../kit/hostile-provider.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const folder = makeFolder();
const BROWSER_COOKIE = "__Host-sallyport-browser";
const EXPECTED_COOKIE = "__Host-sallyport-expected";
/** More than are read at once. */
const STORM = 300;
let one: HostileProvider;
let two: HostileProvider;
let site: RunningBroker;
let ada: ConsoleUser;

beforeAll(async () => {
  process.env.HOSTILE_SECRET = HOSTILE_SECRET;
  one = await HostileProvider.start();
  two = await HostileProvider.start();
  const file = join(folder, "providers.yaml");
  writeFileSync(file, `providers:\n${one.yaml("one")}${two.yaml("two", "    max-age: 10m\n")}`);
  site = await startRunningBroker({ SALLYPORT_PROVIDERS: file });
  ada = await site.invite("Ada", ["engineer"]);
  expect(await linked(ada, one)).toBe(200);
}, 120_000);
afterAll(async () => {
  await site?.close();
  await one?.close();
  await two?.close();
  removeFolder(folder);
});
beforeEach(() => {
  one.answer = { status: 400, body: { error: "invalid_grant" } };
});

async function linked(person: ConsoleUser, { issuer }: HostileProvider, subject = "ada") {
  const path = `/api/people/${person.me?.person.id}/accounts`;
  const asked = await site.first.ask<{ text: string; options: RequestOptions }>(
    ...(["POST", `${path}/options`, { act: "link-account", issuer, subject }] as const),
  );
  const response = site.first.authenticator.assert(asked.body.options);
  return (await site.first.ask("POST", path, { text: asked.body.text, response })).status;
}

function elsewhere(person: ConsoleUser): ConsoleUser {
  const { authenticator } = person;
  return Object.assign(new ConsoleUser(person.address), { authenticator });
}

async function begun(user: ConsoleUser, id = "one"): Promise<Asked> {
  const answer = await user.ask<{ url: string }>("POST", `/api/sign-in/through/${id}`, {});
  expect(answer.status).toBe(200);
  return askedIn(answer.body.url);
}

function returned(user: ConsoleUser, query: Record<string, string>, id = "one") {
  const path = `/api/sign-in/through/${id}/return`;
  return user.ask<ReturnedView & { readonly code: string }>("POST", path, {
    query: new URLSearchParams(query).toString(),
  });
}

/** All the way, with an ID token that is right but for this. */
async function through(user: ConsoleUser, made: Made = {}, provider = one, id = "one") {
  const { state, nonce } = await begun(user, id);
  provider.gives(await provider.idToken(nonce, made));
  return returned(user, { state, code: "c", iss: provider.issuer }, id);
}

async function logout(token: string, headers: Readonly<Record<string, string>> = {}, id = "one") {
  const answer = await fetch(`${site.broker.address}/api/back-channel-logout/${id}`, {
    method: "POST",
    headers,
    body: new URLSearchParams({ logout_token: token }),
  });
  return answer.status;
}

async function isIn(user: ConsoleUser): Promise<boolean> {
  return (await user.ask("GET", "/api/me")).status === 200;
}

test("a provider is asked by code, PKCE, state and nonce, for no more than who it is", async () => {
  const user = elsewhere(ada);
  const asked = await begun(user);
  const { searchParams, origin } = asked.url;
  expect(origin).toBe(one.issuer);
  expect(asked.redirectUri).toBe(`${site.broker.address}/sign-in/through/one`);
  expect(searchParams.get("response_type")).toBe("code");
  expect(searchParams.get("scope")).toBe("openid");
  expect(searchParams.get("code_challenge_method")).toBe("S256");
  expect(new Set([asked.state, asked.nonce, asked.challenge]).size).toBe(3);
  expect(Math.min(asked.state.length, asked.nonce.length)).toBeGreaterThanOrEqual(43);
  one.gives(await one.idToken(asked.nonce));
  const answer = await returned(user, { state: asked.state, code: "c", iss: one.issuer });
  expect(answer.body).toMatchObject({ kind: "expected", name: "Ada" });
  expect(challengeOf(one.shown?.verifier ?? "")).toBe(asked.challenge);
  expect(one.shown?.authorization).toMatch(/^Basic /);
  expect((await user.signIn({ through: "provider" })).status).toBe(200);
});

test("a state is good once, in the browser and at the provider that it was made for", async () => {
  const [user, other] = [elsewhere(ada), elsewhere(ada)];
  const { state, nonce } = await begun(user);
  one.gives(await one.idToken(nonce));
  const query = { state, code: "c", iss: one.issuer };
  // Login CSRF: what an attacker began is brought to somebody else's browser.
  for (const browser of [other, new ConsoleUser(site.broker.address)]) {
    expect((await returned(browser, query)).body.code).toBe("attempt-stale");
  }
  // Mix-up: what was begun at one comes back at the other.
  expect((await returned(user, { ...query, iss: two.issuer }, "two")).body.code).toBe(
    "attempt-stale",
  );
  for (const made of ["", "x".repeat(43), "x".repeat(5_000)]) {
    expect((await returned(user, { ...query, state: made })).body.code).toBe("attempt-stale");
  }
  // None of that used it up for whose it is.
  expect((await returned(user, query)).status).toBe(200);
  expect((await returned(user, query)).body.code).toBe("attempt-stale");
});

test("an answer of another issuer, of none, or with an error is refused", async () => {
  const wrong: Record<string, string>[] = [
    { iss: two.issuer },
    { iss: `${one.issuer}/` },
    {},
    { iss: one.issuer, error: "access_denied" },
    { iss: one.issuer, response: "x" },
    { iss: one.issuer, id_token: "x" },
  ];
  for (const more of wrong) {
    const user = elsewhere(ada);
    const { state, nonce } = await begun(user);
    one.gives(await one.idToken(nonce));
    const answer = await returned(user, { state, code: "c", ...more });
    expect([more, answer.status, answer.body.code]).toEqual([more, 403, "provider-refused"]);
    expect(user.cookies.has(EXPECTED_COOKIE)).toBe(false);
  }
});

const nowS = () => Math.floor(Date.now() / 1_000);

test.each<[string, () => Promise<Made> | Made]>([
  ["another nonce", () => ({ claims: { nonce: "another" } })],
  ["no nonce", () => ({ claims: { nonce: undefined } })],
  ["another audience", () => ({ claims: { aud: "another" } })],
  ["more audiences than us", () => ({ claims: { aud: ["sallyport", "another"] } })],
  ["another authorised party", () => ({ claims: { azp: "another" } })],
  ["another issuer", () => ({ claims: { iss: two.issuer } })],
  ["an end in the past", () => ({ claims: { iat: nowS() - 900, exp: nowS() - 600 } })],
  ["no end", () => ({ claims: { exp: undefined } })],
  ["no time", () => ({ claims: { iat: undefined } })],
  ["nobody in it", () => ({ claims: { sub: undefined } })],
  ["an endless name in it", () => ({ claims: { sub: "a".repeat(300) } })],
  ["no signature", () => ({ header: { alg: "none" } })],
  ["a key of somebody else", async () => ({ key: (await generateKeyPair("ES256")).privateKey })],
  ["a key that nobody knows", () => ({ header: { kid: "k2" } })],
  [
    "the client's secret as its key",
    () => ({ header: { alg: "HS256" }, key: new TextEncoder().encode(HOSTILE_SECRET) }),
  ],
  [
    "the public key as a secret",
    async () => {
      const publicKey = await importJWK(one.publicJwk, "ES256", { extractable: true });
      const pem = publicKey instanceof CryptoKey ? await exportSPKI(publicKey) : "";
      return { header: { alg: "HS256" }, key: new TextEncoder().encode(pem) };
    },
  ],
])("an ID token with %s opens nothing", async (_, made) => {
  const user = elsewhere(ada);
  const answer = await through(user, await made());
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(user.cookies.has(EXPECTED_COOKIE)).toBe(false);
  expect((await user.signIn({ through: "provider" })).body.code).toBe("provider-expired");
});

test("a code that the provider does not know opens nothing, and its trouble is told as such", async () => {
  const user = elsewhere(ada);
  const first = await begun(user);
  expect((await returned(user, { ...query(first) })).body.code).toBe("provider-refused");
  one.answer = { status: 401, body: { error: "invalid_client" } };
  const second = await begun(user);
  expect((await returned(user, query(second))).body.code).toBe("provider-away");
  one.answer = { status: 500, body: "no" };
  const third = await begun(user);
  expect((await returned(user, query(third))).body.code).toBe("provider-away");
});

function query({ state }: Asked) {
  return { state, code: "c", iss: one.issuer };
}

test("each issuer is a name space of its own", async () => {
  const signedIn = { claims: { auth_time: nowS() } };
  const answer = await through(elsewhere(ada), signedIn, two, "two");
  expect([answer.status, answer.body.code]).toEqual([403, "account-unknown"]);
  // Whom to ask, and what to tell them.
  expect(answer.text).toMatch(/knows you as \S+, .* to an administrator of this site/);
});

test("who proved themselves to the provider too long ago is sent back, where the file says so", async () => {
  const ben = await site.invite("Ben", ["engineer"]);
  expect(await linked(ben, two, "ben")).toBe(200);
  const user = elsewhere(ben);
  expect((await begun(user, "two")).url.searchParams.get("max_age")).toBe("600");
  for (const auth_time of [nowS() - 700, undefined]) {
    const answer = await through(user, { claims: { sub: "ben", auth_time } }, two, "two");
    expect([auth_time, answer.body.code]).toEqual([auth_time, "provider-refused"]);
  }
  const fresh = { claims: { sub: "ben", auth_time: nowS() - 60 } };
  expect((await through(user, fresh, two, "two")).status).toBe(200);
});

test("the cookie of an expected person is worth nothing in another browser, even with the passkey", async () => {
  const [user, thief] = [elsewhere(ada), elsewhere(ada)];
  expect((await through(user)).status).toBe(200);
  thief.cookies.set(EXPECTED_COOKIE, user.cookies.get(EXPECTED_COOKIE) ?? "");
  expect((await thief.signIn({ through: "provider" })).body.code).toBe("provider-expired");
  // Both cookies, but the passkey of the thief.
  const other = elsewhere(site.first);
  for (const name of [EXPECTED_COOKIE, BROWSER_COOKIE]) {
    other.cookies.set(name, user.cookies.get(name) ?? "");
  }
  expect((await other.signIn({ through: "provider" })).body.code).toBe("other-person");
  expect((await user.signIn({ through: "provider" })).status).toBe(200);
});

test.each<[string, () => Promise<Made> | Made]>([
  ["a nonce", () => ({ claims: { nonce: "n" } })],
  ["no event", () => ({ claims: { events: {} } })],
  ["nobody in it", () => ({ claims: { sub: undefined } })],
  ["no name of its own", () => ({ claims: { jti: undefined } })],
  ["another audience", () => ({ claims: { aud: "another" } })],
  ["another issuer", () => ({ claims: { iss: two.issuer } })],
  ["a time of long ago", () => ({ claims: { iat: nowS() - 600, exp: nowS() + 600 } })],
  ["an end in the past", () => ({ claims: { exp: nowS() - 90 } })],
  ["a time to come", () => ({ claims: { iat: nowS() + 600, exp: nowS() + 900 } })],
  ["another kind", () => ({ header: { typ: "at+jwt" } })],
  ["no signature", () => ({ header: { alg: "none" } })],
  ["a key of somebody else", async () => ({ key: (await generateKeyPair("ES256")).privateKey })],
  [
    "the client's secret as its key",
    () => ({ header: { alg: "HS256" }, key: new TextEncoder().encode(HOSTILE_SECRET) }),
  ],
])("a logout token with %s ends nothing", async (_, made) => {
  const user = elsewhere(ada);
  await through(user);
  await user.signIn({ through: "provider" });
  expect(await logout(await one.logoutToken(await made()))).toBe(400);
  expect(await isIn(user)).toBe(true);
});

test("a logout ends what it names, once, and never what was proved after it", async () => {
  const [user, next, other] = [elsewhere(ada), elsewhere(ada), elsewhere(ada)];
  // By the passkey alone: no word of the provider is about it.
  const alone = elsewhere(ada);
  await alone.signIn();
  await through(user);
  await user.signIn({ through: "provider" });
  await through(other, { claims: { sid: "s2" } });
  await other.signIn({ through: "provider" });
  const token = await one.logoutToken({ claims: { sid: "s1" } });
  expect(await logout(await two.logoutToken({ claims: { sid: "s1" } }), {}, "two")).toBe(200);
  expect(await isIn(user)).toBe(true);
  expect(await logout(token)).toBe(200);
  expect([await isIn(user), await isIn(other), await isIn(alone)]).toEqual([false, true, true]);
  expect(await logout(token)).toBe(400);
  // One of a minute ago is about what was proved until then.
  await through(next, { claims: { sid: "s3" } });
  await next.signIn({ through: "provider" });
  const old = { claims: { iat: nowS() - 60 } };
  expect(await logout(await one.logoutToken(old))).toBe(200);
  expect([await isIn(next), await isIn(other)]).toEqual([true, true]);
  // One that names nobody's session there is about all of that person's.
  expect(await logout(await one.logoutToken())).toBe(200);
  expect([await isIn(next), await isIn(other), await isIn(alone)]).toEqual([false, false, true]);
});

test("who signs out there between the provider's word and the passkey does not come in", async () => {
  const user = elsewhere(ada);
  // By the provider's clock ahead of every logout of this file before.
  const later = { claims: { iat: nowS() + 5, sid: "s9" } };
  expect((await through(user, later)).status).toBe(200);
  const token = await one.logoutToken({ claims: { sid: "s9", iat: nowS() + 6 } });
  expect(await logout(token)).toBe(200);
  expect((await user.signIn({ through: "provider" })).body.code).toBe("provider-expired");
  expect(await isIn(user)).toBe(false);
});

test("no page of a browser brings a logout, and no form reaches another door", async () => {
  const token = await one.logoutToken();
  for (const header of ["origin", "cookie", "sec-fetch-site"]) {
    expect([header, await logout(token, { [header]: "x" })]).toEqual([header, 403]);
  }
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await site.first.ask("POST", "/api/sign-out", "a=b", { headers: form });
  expect(answer.status).toBe(415);
  expect(await isIn(site.first)).toBe(true);
});

test("a storm of forged logouts is bounded and told once, and the true one gets through", async () => {
  const user = elsewhere(ada);
  await through(user, { claims: { iat: nowS() + 10, sid: "storm" } });
  await user.signIn({ through: "provider" });
  const { privateKey: key } = await generateKeyPair("ES256");
  const forged = await one.logoutToken({ key });
  const statuses = await Promise.all(Array.from({ length: STORM }, () => logout(forged)));
  expect(statuses.filter((status) => status !== 400 && status !== 503)).toEqual([]);
  expect(await isIn(user)).toBe(true);
  const events = await site.first.ask("GET", "/api/events?limit=500");
  expect(JSON.stringify(events.body).split("provider:logout-refused").length - 1).toBeLessThan(5);
  const true_ = await one.logoutToken({ claims: { sid: "storm", iat: nowS() + 11 } });
  expect(await logout(true_)).toBe(200);
  expect(await isIn(user)).toBe(false);
}, 60_000);
