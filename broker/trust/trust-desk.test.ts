import { generateKeyPairSync } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { type Somebody, TestIdentity } from "../../test/kit/identity.ts";
import { verifiesOffline } from "../../test/kit/offline-proof.ts";
import { TestPolicies } from "../../test/kit/policies.ts";
import { DecisionPoint } from "../access/decision-point.ts";
import { shownHostKey } from "../legs/read-identity.ts";
import type { Plant } from "../plant/model.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { pinsOf, type ShownIdentity } from "../plant/shown-identity.ts";
import { pendingActions } from "../store/log-outbox.ts";
import { PROPOSAL_MS, TrustDesk, type TrustWish } from "./trust-desk.ts";
import { STRANGE_MAX, TrustedBook } from "./trusted-book.ts";

const ENDPOINT = "switch/ssh";
const { privateKey: permitKey } = generateKeyPairSync("ed25519");

let site: TestIdentity;
let ada: Somebody;
let plant: Plant;
let book: TrustedBook;
let desk: TrustDesk;
let cut: [string, string][];
let shows: ShownIdentity;

beforeEach(async () => {
  site = await TestIdentity.open();
  ada = await site.firstPerson();
  plant = plantWith("");
  cut = [];
  shows = key("one");
  book = await openBook();
  desk = openDesk(false);
});

function plantWith(pins: string): Plant {
  const read = parsePlant(
    `
site: { id: works, name: Works, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - id: switch
    name: Switch
    zone: z
    endpoints:
      - { id: ssh, protocol: ssh, address: 10.1.2.3${pins} }
      - { id: modbus, protocol: modbus, address: 10.1.2.3, units: [1] }
profiles: [{ id: look, rules: [{ name: all, permit: observe }] }]
`,
    "plant.yaml",
  );
  if (read.kind !== "plant") throw new Error(JSON.stringify(read));
  return read.plant;
}

function key(seed: string): ShownIdentity {
  const part = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const blob = [Buffer.from("ssh-ed25519"), Buffer.from(seed.padEnd(32, "."))].map(part);
  return shownHostKey(Buffer.concat(blob), "10.1.2.3:22");
}

function openBook(): Promise<TrustedBook> {
  const { store, clock } = site;
  // The store of a test that is over is closed under what was still to be noted.
  return TrustedBook.open({ store, clock, changed: () => {}, failed: () => {} });
}

function openDesk(secondNeeded: boolean): TrustDesk {
  const { store, clock, identity } = site;
  const inForce = { current: () => plant, onChanged: () => () => {} };
  return new TrustDesk({
    ...{ store, clock, book, permitKey, secondNeeded, plant: inForce },
    signedActions: identity.signedActions,
    decisions: new DecisionPoint({ policies: new TestPolicies(), plant: inForce, clock }),
    identify: async () => shows,
    lockOver: () => undefined,
    cut: (endpoint, { rule }) => void cut.push([endpoint, rule]),
  });
}

async function signed(who: Somebody, wish: TrustWish) {
  const { text, options } = await desk.options(who.me, wish);
  return { text, response: who.authenticator.assert(options) };
}

function wishFor(shown: ShownIdentity, keep = false): TrustWish {
  return { act: "trust", endpoint: ENDPOINT, fingerprint: shown.fingerprint, keep };
}

async function trust(shown: ShownIdentity, who = ada, keep = false) {
  return desk.act(who.me, await signed(who, wishFor(shown, keep)));
}

const trusted = () => book.of(ENDPOINT, "ssh-host-key");

test("what the asset shows counts once a passkey signed exactly it, and it verifies offline", async () => {
  await desk.look(ada.me.person, ENDPOINT);
  expect(trusted()).toEqual([]);
  expect(await trust(shows)).toEqual({ waits: false });
  expect(trusted()).toEqual([shows.fingerprint]);
  expect(cut).toEqual([]);
  const [pending] = await pendingActions(site.store.queries, 0, 10);
  if (!pending) throw new Error("nothing was kept");
  expect(verifiesOffline(pending.item)).toBe(true);
  expect(JSON.parse(pending.item.text).content).toEqual({
    ...{ act: "trust", endpoint: ENDPOINT, kind: "ssh-host-key" },
    ...{ fingerprint: shows.fingerprint, keep: false, replaces: [] },
  });
  const events = await site.events();
  expect(events.slice(-2)).toEqual(["event asset:identity-asked", "event asset:trusted"]);
  book = await openBook();
  expect(trusted()).toEqual([shows.fingerprint]);
});

test("a key that was never shown cannot be accepted, nor one of an endpoint that has none", async () => {
  await expect(trust(key("typed"))).rejects.toMatchObject({ code: "not-found" });
  await desk.look(ada.me.person, ENDPOINT);
  const { fingerprint } = shows;
  for (const endpoint of ["switch/modbus", "switch/none", "x", "a/b/c"]) {
    const wish: TrustWish = { act: "trust", endpoint, fingerprint, keep: false };
    await expect(desk.options(ada.me, wish)).rejects.toMatchObject({ code: "not-found" });
    await expect(desk.look(ada.me.person, endpoint)).rejects.toMatchObject({ code: "not-found" });
  }
});

test("a changed key replaces the old one and cuts what rests on it; kept beside it cuts nothing", async () => {
  const old = key("one");
  await desk.look(ada.me.person, ENDPOINT);
  await trust(old);
  const fresh = key("two");
  book.strange("s-1", ENDPOINT, fresh, true);
  await trust(fresh, ada, true);
  expect(trusted().toSorted()).toEqual([old.fingerprint, fresh.fingerprint].toSorted());
  expect(cut).toEqual([]);
  const third = key("three");
  book.strange("s-1", ENDPOINT, third, true);
  await trust(third);
  expect(trusted()).toEqual([third.fingerprint]);
  expect(cut).toEqual([[ENDPOINT, "trust-withdrawn"]]);
});

test("withdrawn trust counts no more before the disk knows, and cuts", async () => {
  await desk.look(ada.me.person, ENDPOINT);
  await trust(shows);
  const { fingerprint } = shows;
  const wish: TrustWish = { act: "withdraw", endpoint: ENDPOINT, fingerprint };
  const answer = await signed(ada, wish);
  await desk.act(ada.me, answer);
  expect(trusted()).toEqual([]);
  expect(cut).toEqual([[ENDPOINT, "trust-withdrawn"]]);
  await expect(desk.act(ada.me, answer)).rejects.toThrow();
  await expect(desk.options(ada.me, wish)).rejects.toMatchObject({ code: "changed" });
  book = await openBook();
  expect(trusted()).toEqual([]);
});

test("a signature that others overtook is worth nothing", async () => {
  await desk.look(ada.me.person, ENDPOINT);
  const ben = await site.invited(ada.me, "Ben", ["administrator"]);
  book.strange("s-1", ENDPOINT, key("two"), false);
  const answer = await signed(ada, wishFor(key("two")));
  await trust(shows, ben);
  await expect(desk.act(ada.me, answer)).rejects.toMatchObject({ code: "changed" });
  expect(trusted()).toEqual([shows.fingerprint]);
});

test("a pin of the plant file is the stronger statement", async () => {
  await desk.look(ada.me.person, ENDPOINT);
  await trust(shows);
  const other = key("two").fingerprint;
  plant = plantWith(`, host-keys: ["${other}"]`);
  const [endpoint] = plant.assets[0]?.endpoints ?? [];
  if (!endpoint) throw new Error("no endpoint");
  expect(pinsOf(ENDPOINT, endpoint, book)).toEqual([other]);
  book.strange("s-1", ENDPOINT, key("three"), true);
  await expect(trust(key("three"))).rejects.toMatchObject({ code: "input-invalid" });
});

test("where the site wants two, another administrator signs the same, in time", async () => {
  desk = openDesk(true);
  const ben = await site.invited(ada.me, "Ben", ["administrator"]);
  await desk.look(ada.me.person, ENDPOINT);
  expect(await trust(shows)).toEqual({ waits: true });
  expect(trusted()).toEqual([]);
  await expect(trust(shows)).rejects.toMatchObject({ code: "not-allowed" });
  expect(await trust(shows, ben)).toEqual({ waits: false });
  expect(trusted()).toEqual([shows.fingerprint]);

  const fresh = key("two");
  book.strange("s-1", ENDPOINT, fresh, true);
  await trust(fresh, ben);
  await desk.discard(ada.me.person, ENDPOINT, fresh.fingerprint);
  expect(await trust(fresh)).toEqual({ waits: true });
  site.clock.advance(PROPOSAL_MS + 1);
  const later = await site.signIn(ben.authenticator);
  expect(await trust(fresh, { ...ben, me: later })).toEqual({ waits: true });
  expect(trusted()).toEqual([shows.fingerprint]);
});

test("who may not change the plant sees nothing to accept and asks no asset", async () => {
  const sam = await site.invited(ada.me, "Sam", ["supervisor", "engineer"]);
  await desk.look(ada.me.person, ENDPOINT);
  await expect(signed(sam, wishFor(shows))).rejects.toMatchObject({ code: "not-found" });
  await expect(desk.look(sam.me.person, ENDPOINT)).rejects.toMatchObject({ code: "not-found" });
});

test("an asset that shows another key each time fills neither memory nor disk", async () => {
  await desk.look(ada.me.person, ENDPOINT);
  await trust(shows);
  for (let n = 0; n < 50; n += 1) {
    site.clock.advance(1);
    book.strange("s-1", ENDPOINT, key(`other ${n}`), true);
  }
  expect(book.list()).toHaveLength(STRANGE_MAX + 1);
  expect(trusted()).toEqual([shows.fingerprint]);
  book.strange("s-1", ENDPOINT, key("other 49"), true);
  await trust(key("other 49"));
  const reopened = await openBook();
  expect(reopened.list()).toHaveLength(STRANGE_MAX + 1);
  const events = await site.events();
  expect(events.filter((event) => event === "alarm asset:key-changed")).toHaveLength(50);
});
