/** What is refused, what counts once, and what is left of a storm. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { TestIdentity } from "../../test/kit/identity.ts";
import { retainedBytes } from "../../test/kit/retained-bytes.ts";
import { AUTHORIZATION, byEmail, ISSUER, SignalSender } from "../../test/kit/signal-sender.ts";
import { Demands } from "../access/demands.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import { STREAM_UPDATED, uriOf, VERIFICATION } from "./event-types.ts";
import { Signals } from "./signals.ts";
import type { Transmitter } from "./transmitter.ts";

const AUDIENCE = "https://sallyport.example";

async function openSite(more: Partial<Transmitter> = {}) {
  const site = await TestIdentity.open();
  const { clock, store, identity } = site;
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer"]);
  const noted: NewSiteEvent[] = [];
  const demands = await Demands.open(store.queries, clock);
  const signals = new Signals({
    ...{ store, clock, audience: AUDIENCE, demands, ...identity },
    sessions: { list: () => [] },
    fetchKeys: () => Promise.reject(new Error("keys are in a file")),
    note: (event) => void noted.push(event),
  });
  onTestFinished(() => signals.close());
  const sender = await SignalSender.create(AUDIENCE, () => clock.wallMs());
  await signals.configure([sender.transmitter(more)]);
  const push = (token: string) => signals.push(token, AUTHORIZATION);
  const isSignedIn = () => identity.signIns.get(ben.me.signIn.id) !== undefined;
  const subject = byEmail("ben@plant.example");
  return { site, clock, store, demands, signals, sender, push, isSignedIn, subject, noted, ben };
}

test("a revocation ends the person's sign-ins, once, and is one story in the events", async () => {
  const { sender, push, isSignedIn, subject, signals, store } = await openSite();
  const token = await sender.set("session-revoked", { subject });
  expect(await push(token)).toEqual({ kind: "taken" });
  expect(isSignedIn()).toBe(false);
  expect(await push(token)).toEqual({ kind: "taken" });
  const stories = await signals.stories();
  expect(stories).toMatchObject([
    { transmitter: "idp", type: "session-revoked", about: "Ben", effects: [{ session: null }] },
  ]);
  const events = await store.log.list({ contains: "signal:taken" });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ about: { signal: stories[0]?.id, integration: "idp" } });
  expect(events[0]?.text).toContain("1 sign-in ended");
});

/** A token that is right but for one thing, with what it is refused for. */
const WRONG: readonly (readonly [string, string, (sender: SignalSender) => Promise<string>])[] = [
  ["forged", "invalid_key", (sender) => signedBy(sender, strangersKey())],
  [
    "changed on its way",
    "invalid_key",
    async (sender) => {
      const [head = "", , tail = ""] = (await sender.set("session-revoked")).split(".");
      const other = await sender.set("session-revoked", { subject: byEmail("ada@plant.example") });
      return [head, other.split(".")[1], tail].join(".");
    },
  ],
  [
    "of another issuer",
    "invalid_issuer",
    (sender) => sender.set("session-revoked", { claims: { iss: "https://evil.example" } }),
  ],
  [
    "meant for somebody else",
    "invalid_audience",
    (sender) => sender.set("session-revoked", { claims: { aud: "https://other.example" } }),
  ],
  [
    "stale",
    "invalid_request",
    (sender) => sender.set("session-revoked", { claims: { iat: secondsAgo(3_700) } }),
  ],
  [
    "of a time to come",
    "invalid_request",
    (sender) => sender.set("session-revoked", { claims: { iat: secondsAgo(-600) } }),
  ],
  [
    "an ordinary token of the same issuer",
    "invalid_request",
    (sender) => sender.set("session-revoked", { header: { typ: "JWT" } }),
  ],
  ["without a signature", "invalid_key", () => Promise.resolve(unsigned())],
  ["signed by the public key as a secret", "invalid_key", (sender) => confused(sender)],
  ["by a key that it brings along", "invalid_key", (sender) => bringsItsKey(sender)],
  ["about two events", "invalid_request", (sender) => twoEvents(sender)],
  [
    "without an id",
    "invalid_request",
    (sender) => sender.set("session-revoked", { claims: { jti: undefined } }),
  ],
  [
    "of a level that there is not",
    "invalid_request",
    (sender) => sender.set("risk-level-change", { event: { current_level: "EXTREME" } }),
  ],
  [
    "about nobody known here",
    "invalid_request",
    (sender) => sender.set("session-revoked", { subject: byEmail("nobody@plant.example") }),
  ],
  ["no token at all", "invalid_request", () => Promise.resolve("hello")],
  ["endless", "invalid_request", () => Promise.resolve("e".repeat(20_000))],
];

/** The clock of a test site stands there. */
const NOW_S = Date.UTC(2026, 0, 5, 8) / 1_000;

function secondsAgo(seconds: number): number {
  return NOW_S - seconds;
}

function claimsOf(more: object = {}) {
  const events = { [uriOf("session-revoked")]: {} };
  const sub_id = byEmail("ben@plant.example");
  return { iss: ISSUER, aud: AUDIENCE, iat: NOW_S, jti: randomUUID(), events, sub_id, ...more };
}

function strangersKey() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function signedBy(_: SignalSender, key: ReturnType<typeof strangersKey>): Promise<string> {
  const header = { alg: "ES256", typ: "secevent+jwt", kid: "idp-1" };
  return new SignJWT(claimsOf()).setProtectedHeader(header).sign(key);
}

function unsigned(): string {
  const part = (of: object) => Buffer.from(JSON.stringify(of)).toString("base64url");
  return `${part({ alg: "none", typ: "secevent+jwt" })}.${part(claimsOf())}.`;
}

function confused({ jwks }: SignalSender): Promise<string> {
  const header = { alg: "HS256", typ: "secevent+jwt", kid: "idp-1" };
  return new SignJWT(claimsOf()).setProtectedHeader(header).sign(Buffer.from(jwks));
}

function bringsItsKey(_: SignalSender): Promise<string> {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const header = { alg: "ES256", typ: "secevent+jwt", jwk };
  return new SignJWT(claimsOf()).setProtectedHeader(header).sign(pair.privateKey);
}

function twoEvents(sender: SignalSender): Promise<string> {
  const events = { [uriOf("session-revoked")]: {}, [uriOf("credential-change")]: {} };
  return sender.set("session-revoked", { claims: { events } });
}

test.each(WRONG)("a signal that is %s is refused, and does nothing", async (_, fault, make) => {
  const { sender, push, isSignedIn, store, noted } = await openSite();
  expect(await push(await make(sender))).toMatchObject({ kind: "refused", fault });
  expect(isSignedIn()).toBe(true);
  expect(await store.log.list({ contains: "signal:taken" })).toEqual([]);
  expect(noted).toMatchObject([{ kind: "signal:refused", priority: "alarm" }]);
});

test("who does not show what the file says is nobody, whatever the signal", async () => {
  const { sender, signals, isSignedIn, subject } = await openSite();
  const token = await sender.set("session-revoked", { subject });
  for (const shown of [undefined, "", "Bearer x", `${AUTHORIZATION} `, AUTHORIZATION.slice(1)]) {
    const taken = await signals.push(token, shown);
    expect(taken).toMatchObject({ kind: "refused", fault: "authentication_failed" });
  }
  expect(isSignedIn()).toBe(true);
});

test("one that was taken is taken again after a restart, and does nothing", async () => {
  const { site, sender, push, subject, signals, demands, ben } = await openSite();
  const token = await sender.set("session-revoked", { subject });
  await push(token);
  const again = await site.signIn(ben.authenticator);
  await signals.close();
  const later = new Signals({
    ...{ store: site.store, clock: site.clock, audience: AUDIENCE, demands, ...site.identity },
    sessions: { list: () => [] },
    fetchKeys: () => Promise.reject(new Error("none")),
    note: () => {},
  });
  onTestFinished(() => later.close());
  await later.configure([sender.transmitter()]);
  expect(await later.push(token, AUTHORIZATION)).toEqual({ kind: "taken" });
  expect(site.identity.signIns.get(again.signIn.id)).toBeDefined();
});

test("a store that fails acknowledges nothing, and what was to be taken is taken all the same", async () => {
  const { site, sender, push, subject, isSignedIn } = await openSite();
  const token = await sender.set("session-revoked", { subject });
  site.store.act = () => Promise.reject(new Error("the disk is full"));
  expect(await push(token)).toMatchObject({ kind: "later" });
  expect(isSignedIn()).toBe(false);
});

test("a high risk asks until it is low again, also over a restart", async () => {
  const { site, sender, push, subject, demands, clock, ben } = await openSite();
  const level = (current_level: string) =>
    sender.set("risk-level-change", { subject, event: { principal: "USER", current_level } });
  await push(await level("HIGH"));
  const met = { assertionAgeMs: 0, supervised: true };
  const { id } = ben.me.person;
  expect(demands.unmet(id, "plc", met)).toMatchObject([{ rule: "signal-view-only" }]);
  expect(demands.riskOf(id)).toEqual({ assessed: true, level: 3, reasons: ["signal idp risk"] });
  const reopened = await Demands.open(site.store.queries, clock);
  expect(reopened.unmet(id, "plc", met)).toHaveLength(1);
  await push(await level("MEDIUM"));
  expect(demands.unmet(id, "plc", { ...met, assertionAgeMs: 60_000 })).toMatchObject([
    { rule: "signal-proof" },
  ]);
  expect(demands.unmet(id, "plc", met)).toEqual([]);
  await push(await level("LOW"));
  expect(demands.list()).toEqual([]);
  expect((await Demands.open(site.store.queries, clock)).list()).toEqual([]);
});

test("what a transmitter asked goes with it when the file names it no more", async () => {
  const { sender, push, subject, demands, signals } = await openSite();
  const event = { credential_type: "pin", change_type: "update" };
  await push(await sender.set("credential-change", { subject, event }));
  expect(demands.list()).toHaveLength(1);
  await signals.configure([]);
  expect(demands.list()).toEqual([]);
});

test("the stream itself: it is verified, paused and goes on", async () => {
  const { sender, push, signals } = await openSite();
  const subject = { format: "opaque", id: "stream" };
  await push(await sender.token(VERIFICATION, { subject, event: { state: "abc" } }));
  expect(signals.list()[0]?.stream).toMatchObject({ status: "enabled", verifiedMs: NOW_S * 1_000 });
  const event = { status: "paused", reason: "maintenance" };
  await push(await sender.token(STREAM_UPDATED, { subject, event }));
  expect(signals.list()[0]?.stream).toMatchObject({ status: "paused", reason: "maintenance" });
});

test("who is unknown here may be passed over instead of refused", async () => {
  const { sender, push } = await openSite({ unknownSubjects: "ignore" });
  const token = await sender.set("session-revoked", { subject: byEmail("x@plant.example") });
  expect(await push(token)).toEqual({ kind: "taken" });
});

/** 10,000 a second for three seconds. */
const STORM = 30_000;
/** Some tokens of a transmitter are in the air at once. */
const ABREAST = 500;

test("of a storm no more is looked at than the rate, memory stays, and the next one is taken", async () => {
  const { sender, signals, clock, isSignedIn, noted, store } = await openSite({ rate: 20 });
  const subject = byEmail("nobody@plant.example");
  const flood = await Promise.all(
    Array.from({ length: 50 }, () => sender.set("session-revoked", { subject })),
  );
  const push = async (count: number) => {
    const counts = { refused: 0, taken: 0, later: 0 };
    for (let sent = 0; sent < count; sent += ABREAST) {
      const all = Array.from({ length: ABREAST }, (_, n) =>
        signals.push(flood[n % flood.length] ?? "", AUTHORIZATION),
      );
      for (const { kind } of await Promise.all(all)) counts[kind] += 1;
      clock.advance(ABREAST / 10);
    }
    return counts;
  };
  await push(ABREAST);
  const before = retainedBytes(signals);
  const counts = await push(STORM);
  const grown = retainedBytes(signals) - before;
  // 20 a second, and what is left of the burst.
  expect(counts.refused + counts.taken).toBeLessThanOrEqual(20 * (3 + 5));
  expect(counts.later).toBeGreaterThan(STORM - 200);
  expect(grown).toBeLessThan(4 * 2 ** 20);
  expect(noted.length).toBeLessThanOrEqual(3);
  expect((await store.log.list()).length).toBeLessThan(50);
  clock.advance(10_000);
  const token = await sender.set("session-revoked", { subject: byEmail("ben@plant.example") });
  expect(await signals.push(token, AUTHORIZATION)).toEqual({ kind: "taken" });
  expect(isSignedIn()).toBe(false);
}, 120_000);
