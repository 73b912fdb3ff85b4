import { beforeEach, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import { decideCapabilities } from "../policy/capabilities.ts";

let kit: TestAccess;
let ben: Somebody;

beforeEach(async () => {
  kit = await TestAccess.open();
  ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
});

const HALF_A_MINUTE_MS = 30_000;

async function openEverything() {
  const untilMs = kit.site.clock.wallMs() + 8 * 3_600_000;
  const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben, { untilMs }));
  return kit.access.openSession(ben.me, "plc/modbus", grant.id);
}

test("a policy that takes classes takes them from live sessions in the same turn, by its name", async () => {
  const session = await openEverything();
  kit.policies.add('forbid (principal, action in Action::"alter", resource);');
  expect(session.told).toEqual(["added-0: observe"]);
});

test("a policy that takes everything ends live sessions with its name", async () => {
  const session = await openEverything();
  kit.policies.add('forbid (principal, action in Action::"use", resource in Zone::"cell");');
  expect(session.told).toEqual(["end added-0"]);
});

test("a policy that closes sessions ends them, and one for other assets does not", async () => {
  const session = await openEverything();
  kit.policies.add(
    'forbid (principal, action == Action::"session:open", resource == Asset::"other");',
  );
  expect(session.told).toEqual([]);
  kit.policies.add(
    'forbid (principal, action == Action::"session:open", resource == Asset::"plc");',
  );
  expect(session.told).toEqual(["end added-0"]);
});

test("a session loses what only counts until an hour, at the latest half a minute later", async () => {
  // 8 o'clock UTC on a Monday, 9 in Vienna.
  kit.policies.add(
    `forbid (principal, action == Action::"program", resource) when { context.time.hour >= 10 };`,
  );
  const session = await openEverything();
  expect(session.claims.capabilities).toContain("program");
  // Somebody works, so that the sign-in does not end by itself.
  for (let minute = 0; minute < 60; minute += 10) {
    kit.site.identity.signIns.seen(ben.me.signIn.id);
    kit.site.clock.advance(10 * 60_000 - (minute === 50 ? 1 : 0));
  }
  expect(session.told).toEqual([]);
  kit.site.clock.advance(HALF_A_MINUTE_MS);
  expect(session.told).toEqual(["added-0: observe operate configure transfer"]);
});

test("an assertion that grows too old takes what asks for a fresh one, and a new one gives it back", async () => {
  kit.policies.add(
    'forbid (principal, action in Action::"alter", resource) when { context.authentication.ageSeconds > 300 };',
  );
  const session = await openEverything();
  kit.site.clock.advance(300_000 - HALF_A_MINUTE_MS);
  expect(session.told).toEqual([]);
  kit.site.clock.advance(2 * HALF_A_MINUTE_MS);
  expect(session.told).toEqual(["added-0: observe"]);
  await kit.site.stepUp(ben);
  expect(session.told).toEqual([
    "added-0: observe",
    "policy: observe operate configure program transfer",
  ]);
});

test("a session is not opened with an assertion that no policy accepts: step up first", async () => {
  kit.policies.add(
    'forbid (principal, action in Action::"use", resource) when { context.authentication.ageSeconds > 60 };',
  );
  const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
  const stale = { ...ben.me, assertionAgeMs: 61_000 };
  await expect(kit.access.openSession(stale, "plc/modbus", grant.id)).rejects.toMatchObject({
    code: "step-up-required",
  });
  const session = await kit.access.openSession(ben.me, "plc/modbus", grant.id);
  expect(session.claims.capabilities).toContain("program");
});

test("a policy that changes between the permit and the session counts for the session", async () => {
  kit.meanwhile = async () =>
    kit.policies.add('forbid (principal, action in Action::"alter", resource);');
  const session = await openEverything();
  expect(session.told).toEqual(["added-0: observe"]);
});

test("a policy that fails takes the classes it concerns from live sessions", async () => {
  const session = await openEverything();
  kit.policies.add(
    'permit (principal, action in Action::"alter", resource) when { context.time.hour * 9223372036854775807 > 0 };',
  );
  expect(session.told).toEqual(["policy-error: observe"]);
});

test("a session that has ended is not decided again", async () => {
  const session = await openEverything();
  session.end({ rule: "owner-ended", reason: "" });
  await session.closed;
  kit.policies.add('forbid (principal, action in Action::"use", resource);');
  kit.site.clock.advance(HALF_A_MINUTE_MS);
  expect(session.told).toEqual(["end owner-ended"]);
});

test("what a permit and a lease were decided on decides the same again, and names the policies", async () => {
  const session = await openEverything();
  const leased: string[] = [];
  session.lease = (classes, _, basis = "") => void leased.push(basis, classes.join(" "));
  kit.policies.add('forbid (principal, action in Action::"alter", resource);');
  for (const [text, classes] of [
    [session.claims.basis ?? "", session.claims.capabilities.join(" ")],
    [leased[0] ?? "", leased[1] ?? ""],
  ] as const) {
    const { input, policies, rules } = JSON.parse(text);
    expect(policies).toMatch(/^[0-9a-f]{64}$/);
    expect(rules).toHaveProperty("program");
    const now = decideCapabilities(kit.policies.current(), input).classes.join(" ");
    expect(now).toBe(policies === kit.policies.current().digest ? classes : "observe");
  }
});
