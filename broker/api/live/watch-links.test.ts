import { expect, test } from "vitest";
import { SessionKit } from "../../../test/kit/session-kit.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { SessionHost } from "../../sessions/session.ts";
import type { Page } from "./page-socket.ts";
import { RECHECK_MS, WatchLinks } from "./watch-links.ts";

const SHIFT_MS = 10 * RECHECK_MS;

/** Sue may watch until her shift is over, which nothing tells anybody. */
async function watching() {
  const kit = await SessionKit.start();
  const { live } = await kit.open();
  const clock = new TestClock();
  const told: unknown[][] = [];
  const me = { person: { id: "sue", name: "Sue" }, signIn: { address: "" } } as SignedIn;
  const page = {
    socket: { emit: (...words: unknown[]) => told.push(words) },
    ...{ isReading: () => true, me: () => me, isOfDevice: () => true },
  } as unknown as Page;
  const watches = new WatchLinks({
    ...{ clock, presence: { attend: () => () => {} } },
    sessions: { get: () => live } as unknown as SessionHost,
    decisions: {
      may: () => false,
      sitesWith: () => new Set<never>(),
      mayAt: (_, right) => right === "session:watch" && clock.monotonicMs() < SHIFT_MS,
      ...{ rights: () => new Set(), onPoliciesChanged: () => () => {} },
    },
    // Nothing of it is read here.
    recordings: { get: () => new Promise(() => {}), segment: async () => undefined, frame: never },
    siteLog: { record: () => new Promise(() => {}) },
    looks: { note: async () => {}, over: async () => {} },
  });
  return { clock, live, told, page, watches };
}

const never = async () => undefined;

test("a right to watch that ends with the hour, and tells nobody, ends the watch all the same", async () => {
  const { clock, live, told, page, watches } = await watching();
  const id = live.claims.session;
  expect(watches.watch(page, id, 0)).toEqual({ ok: true });
  clock.advance(SHIFT_MS - RECHECK_MS);
  expect(live.watchers).toEqual(["Sue"]);
  clock.advance(2 * RECHECK_MS);
  expect(told).toMatchObject([["unwatched", id, { rule: "right-lost" }]]);
  expect(live.watchers).toEqual([]);
  expect(watches.watch(page, id, 0)).toMatchObject({ ok: false, code: "not-found" });
  watches.close();
});
