/** Guessing at the door: however a path is written, one address knocks only so often. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

let site: RunningBroker;

beforeAll(async () => {
  // Knocking is allowed a thirtieth of this: enrolling the first person takes both.
  site = await startRunningBroker({ SALLYPORT_REQUESTS_PER_MINUTE: "60" });
}, 60_000);
afterAll(() => site.close());

test.each([
  "/api/sign-in/options",
  "/api/sign%2din/options",
  "/api/%73ign-in/options",
  "/%61pi/enrolment/options",
  "/api/sign-in/options?x=1",
  "/api/sign-in/options;x=1",
])("%s counts as knocking", async (path) => {
  const { status } = await site.first.ask(
    "POST",
    path,
    path.includes("enrol") ? { token: "x" } : {},
  );
  expect([404, 429]).toContain(status);
});

test("other names for the sender do not start the count anew", async () => {
  for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "client-ip", "true-client-ip"]) {
    const headers = { [name]: "192.0.2.7" };
    const { status } = await site.first.ask("POST", "/api/sign-in/options", {}, { headers });
    expect(status).toBe(429);
  }
});
