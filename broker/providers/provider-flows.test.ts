import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { type Flow, ProviderFlows } from "./provider-flows.ts";

const FLOW: Flow = {
  ...{ provider: "works", browserId: "b1", address: "192.0.2.1" },
  redirectUri: "https://sallyport.example/sign-in/through/works",
  ...{ nonce: "n", verifier: "v", linkFor: undefined },
};
const TEN_MINUTES = 600_000;

test("a state is good once, for its provider and browser, and for ten minutes", () => {
  const clock = new TestClock();
  const flows = new ProviderFlows(clock);
  const [first, late] = [flows.begin(FLOW) ?? "", flows.begin(FLOW) ?? ""];
  expect(flows.take(first, "other", "b1")).toBeUndefined();
  expect(flows.take(first, "works", "b2")).toBeUndefined();
  expect(flows.take(first, "works", "b1")).toMatchObject(FLOW);
  expect(flows.take(first, "works", "b1")).toBeUndefined();
  clock.advance(TEN_MINUTES);
  expect(flows.take(late, "works", "b1")).toBeUndefined();
});

test("one address does not take every place, and places come back", () => {
  const clock = new TestClock();
  const flows = new ProviderFlows(clock);
  let begun = 0;
  while (flows.begin(FLOW) !== undefined) begun += 1;
  expect(begun).toBe(100);
  expect(flows.begin({ ...FLOW, address: "192.0.2.2" })).toBeDefined();
  clock.advance(TEN_MINUTES);
  expect(flows.begin(FLOW)).toBeDefined();
});
