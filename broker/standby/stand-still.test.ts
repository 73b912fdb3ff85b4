import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { StoreAway, StoreFailed } from "../store/store-failed.ts";
import { AWAY_MAX_MS, standStillWhileAway } from "./stand-still.ts";

function standing() {
  const clock = new TestClock();
  const told: string[] = [];
  const session = (name: string) => ({
    lapse: () => {
      told.push(`${name} stands still`);
      return { cutMicroseconds: 0, droppedOperations: 0 };
    },
    meet: () => void told.push(`${name} goes on`),
  });
  const sessions = [session("one")];
  let [away, failed, unkept] = [
    (_: StoreAway | undefined): void => {},
    (_: StoreFailed): void => {},
    0,
  ];
  standStillWhileAway({
    clock,
    store: {
      onAway: (listener) => {
        away = listener;
      },
      onFailure: (listener) => {
        failed = listener;
      },
    },
    sessions: { list: () => sessions },
    unkeptLocks: () => unkept,
    stepDown: (reason) => void told.push(`steps down: ${reason}`),
  });
  return {
    ...{ clock, told, sessions, session },
    lose: () => away(new StoreAway("cut")),
    findAgain: () => away(undefined),
    fail: () => failed(new StoreFailed("taken over")),
    lock: (count: number) => {
      unkept = count;
    },
  };
}

const STEPS_DOWN = "steps down: the database was out of reach for 15 s";

test("in the turn in which the database is lost every session stands still", () => {
  const site = standing();
  site.lose();
  expect(site.told).toEqual(["one stands still"]);
  site.findAgain();
  expect(site.told.at(-1)).toBe("one goes on");
  site.clock.advance(10 * AWAY_MAX_MS);
  expect(site.told).not.toContain(STEPS_DOWN);
});

test("a session whose opening was under way stands still too", () => {
  const site = standing();
  site.lose();
  site.sessions.push(site.session("two"));
  site.clock.advance(1_000);
  expect(site.told).toContain("two stands still");
});

test("after 15 s without it the broker steps down, once", () => {
  const site = standing();
  site.lose();
  site.clock.advance(AWAY_MAX_MS - 1);
  expect(site.told).not.toContain(STEPS_DOWN);
  site.clock.advance(60_000);
  expect(site.told.filter((line) => line === STEPS_DOWN)).toHaveLength(1);
});

test("losses that follow each other count each from their own beginning", () => {
  const site = standing();
  for (let n = 0; n < 5; n += 1) {
    site.lose();
    site.clock.advance(AWAY_MAX_MS - 1_000);
    site.findAgain();
  }
  expect(site.told).not.toContain(STEPS_DOWN);
});

test("with a lock that would be forgotten it stands still and stays", () => {
  const site = standing();
  site.lock(1);
  site.lose();
  site.clock.advance(10 * AWAY_MAX_MS);
  expect(site.told).not.toContain(STEPS_DOWN);
  site.lock(0);
  site.clock.advance(1_000);
  expect(site.told.at(-1)).toBe(STEPS_DOWN);
});

test("one that learns that another has used the database ends at once", () => {
  const site = standing();
  site.fail();
  expect(site.told).toEqual(["one stands still", "steps down: taken over"]);
});
