import { expect, test } from "vitest";
import { TEST_LIMITS } from "../../../test/kit/claims.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { EndpointLimiter } from "../endpoint-limiter.ts";
import { PanelPlaces, type SessionPlaces } from "./panel-places.ts";

function placesOf(inFlightMax: number, requestsPerSecond = 10_000) {
  const clock = new TestClock();
  const limits = { ...TEST_LIMITS, inFlightMax, requestsPerSecond };
  return { clock, places: new PanelPlaces(new EndpointLimiter(limits, clock)) };
}

/** Asks for this many, and writes down who got one. */
function ask(by: SessionPlaces, name: string, count: number, served: string[]): void {
  for (let n = 0; n < count; n++) {
    by.ask({
      mayTake: () => {
        served.push(name);
        return true;
      },
    });
  }
}

test("who is alone may have all places; beside others one stays for who holds none", () => {
  const { places } = placesOf(6);
  const served: string[] = [];
  const greedy = places.enter();
  ask(greedy, "greedy", 20, served);
  expect(greedy.held).toBe(6);
  const modest = places.enter();
  ask(modest, "modest", 1, served);
  expect(modest.held).toBe(0);
  greedy.giveBack();
  expect([greedy.held, modest.held]).toEqual([5, 1]);
  modest.giveBack();
  expect([greedy.held, modest.held]).toEqual([5, 0]);
  ask(modest, "modest", 1, served);
  expect(modest.held).toBe(1);
});

test("each place that becomes free is the one's who holds fewest", () => {
  const { places } = placesOf(4);
  const served: string[] = [];
  const [a, b, c] = [places.enter(), places.enter(), places.enter()];
  ask(a, "a", 50, served);
  ask(b, "b", 10, served);
  ask(c, "c", 10, served);
  for (let n = 0; n < 12; n++) [a, b, c].sort((x, y) => y.held - x.held)[0]?.giveBack();
  const count = (name: string) => served.slice(4).filter((each) => each === name).length;
  expect(Math.abs(count("a") - count("b"))).toBeLessThanOrEqual(3);
  expect(count("c")).toBeGreaterThanOrEqual(3);
});

test("a session that leaves makes room, and what it waited for is forgotten", () => {
  const { places } = placesOf(2);
  const served: string[] = [];
  const [stays, goes] = [places.enter(), places.enter()];
  ask(stays, "stays", 3, served);
  ask(goes, "goes", 3, served);
  expect(served).toEqual(["stays", "goes"]);
  goes.leave();
  goes.giveBack();
  expect(served).toEqual(["stays", "goes", "stays"]);
});

test("where a second's requests are spent, nobody spins: the rest goes on with the clock", () => {
  const { places, clock } = placesOf(6, 20);
  const served: string[] = [];
  const session = places.enter();
  ask(session, "a", 3, served);
  expect(served).toHaveLength(1);
  session.giveBack();
  expect(served).toHaveLength(1);
  clock.advance(60);
  expect(served).toHaveLength(2);
});

test("a request that is not wanted any more takes nobody's place", () => {
  const { places } = placesOf(1);
  const session = places.enter();
  const served: string[] = [];
  ask(session, "first", 1, served);
  session.ask({ mayTake: () => false });
  const dropped = { mayTake: () => served.push("dropped") > 0 };
  session.ask(dropped);
  ask(session, "last", 1, served);
  session.forget(dropped);
  session.giveBack();
  expect(served).toEqual(["first", "last"]);
  expect(session.held).toBe(1);
});
