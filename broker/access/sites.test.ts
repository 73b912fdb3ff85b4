/** One broker over two sites in two time zones, each with its own supervisors. */
import { beforeEach, describe, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import type { Right } from "../policy/rights.ts";
import { insertGrant } from "../store/grants.ts";
import { isApprover, rulesFor } from "./approval-rules.ts";
import { DecisionPoint, onceAsserted } from "./decision-point.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The PLC stands in Vienna, the other asset in Houston. */
const TWO = {
  "zones:\n": `sites:
  - { id: wien, name: Wien, time-zone: Europe/Vienna, supervisors: [SUE] }
  - { id: houston, name: Houston, time-zone: America/Chicago, supervisors: [MAX] }
zones:
  - { id: houston-cell, name: Houston cell, level: 1, sl-t: 2, site: houston }
`,
  "level: 1, sl-t: 2 }\nconduits": "level: 1, sl-t: 2, site: wien }\nconduits",
  "name: Other\n    zone: cell": "name: Other\n    zone: houston-cell",
};
const OVER: readonly Right[] = [
  ...(["session:list", "session:watch", "session:freeze", "session:end"] as const),
  ...(["hold:answer", "session:consent", "request:approve"] as const),
];

let kit: TestAccess;
let sue: Somebody;
let max: Somebody;
let decisions: DecisionPoint;
let two: Readonly<Record<string, string>>;
const person = (who: Somebody) => who.me.person;

beforeEach(async () => {
  kit = await TestAccess.open();
  sue = await kit.site.invited(kit.ada.me, "Sue", ["supervisor"]);
  max = await kit.site.invited(kit.ada.me, "Max", ["supervisor"]);
  const named = TWO["zones:\n"].replace("SUE", person(sue).email).replace("MAX", person(max).email);
  two = { ...TWO, "zones:\n": named };
  kit.plant.edit(two);
  const { policies, plant, site } = kit;
  decisions = new DecisionPoint({ policies, plant, clock: site.clock });
});

function mayAt(who: Somebody, right: Right, asset: string): boolean {
  return decisions.mayAt(onceAsserted(person(who)), right, asset);
}

describe("a supervisor of one site", () => {
  test.each(OVER)("holds %s there and not at the other", (right) => {
    expect(mayAt(sue, right, "plc")).toBe(true);
    expect(mayAt(sue, right, "other")).toBe(false);
    expect(mayAt(max, right, "plc")).toBe(false);
    expect(mayAt(max, right, "other")).toBe(true);
  });

  test("agrees to requests for that site alone, where a rule names the role", () => {
    const [here, there] = [["plc/modbus"], ["other/modbus"]].map((endpoints) =>
      rulesFor(kit.plant.current(), endpoints),
    );
    expect(here?.map((rule) => isApprover(rule, person(sue)))).toEqual([true]);
    expect(there?.map((rule) => isApprover(rule, person(sue)))).toEqual([false]);
  });

  test("locks what is at that site, and neither the other nor the whole", async () => {
    const { locks } = kit.access;
    const reason = "gas alarm";
    const lock = (target: string, kind: "site" | "zone" | "asset") =>
      locks.lock(person(sue), { kind, target, reason });
    for (const [target, kind] of [
      ...([["houston", "site"] as const, ["houston-cell", "zone"] as const] as const),
      ...([["other", "asset"] as const, ["nord", "site"] as const] as const),
    ]) {
      await expect(lock(target, kind)).rejects.toMatchObject({ code: "not-allowed" });
    }
    expect(locks.list()).toEqual([]);
    await lock("wien", "site");
    expect(locks.over("", "plc")).toBeDefined();
    expect(locks.over("", "other")).toBeUndefined();
    expect([locks.isSiteLocked("wien"), locks.isSiteLocked("houston")]).toEqual([true, false]);
  });

  test("lifts no lock of the other site", async () => {
    const { locks } = kit.access;
    const wanted = { kind: "asset", target: "other", reason: "gas alarm" } as const;
    const { lock } = await locks.lock(person(max), wanted);
    expect(locks.liftRefusal(person(sue), lock)).toBe("another site");
    expect(locks.liftRefusal(person(max), lock)).toBeUndefined();
  });
});

describe("what nobody knows the site of", () => {
  test("an asset that the plant file has no more is no supervisor's of one site alone", () => {
    const anywhere = (who: Somebody) => mayAt(who, "recording:break-glass", "gone");
    expect([sue, max].map(anywhere)).toEqual([false, false]);
    expect(mayAt(kit.ada, "session:end", "gone")).toBe(true);
  });

  test("a lock of a zone that is gone, or of a person, is lifted by who may lift at each", async () => {
    const { locks } = kit.access;
    const vendor = await kit.site.invited(kit.ada.me, "Vik", ["vendor"]);
    const { lock } = await locks.lock(person(sue), {
      ...{ kind: "person", target: person(vendor).id, reason: "left a gate open" },
    });
    expect([sue, max].map((who) => locks.liftRefusal(person(who), lock))).toEqual([
      "another site",
      "another site",
    ]);
    expect(locks.liftRefusal(person(kit.ada), lock)).toBeUndefined();
    const gone = { kind: "zone", target: "gone" } as const;
    expect(decisions.mayOver(onceAsserted(person(sue)), "lock:lift", gone)).toBe(false);
    expect(decisions.mayOver(onceAsserted(person(kit.ada)), "lock:lift", gone)).toBe(true);
  });
});

test("who may lock as they came locks, also where a policy asks how they came", async () => {
  kit.policies.add(
    'forbid (principal, action == Action::"lock:set", resource) when { context.authentication.key == "unknown" };',
  );
  const { locks } = kit.access;
  const wanted = { kind: "asset", target: "plc", reason: "gas alarm" } as const;
  const ada = await kit.site.signIn(kit.ada.authenticator);
  await expect(locks.lock(ada.person, wanted)).rejects.toMatchObject({ code: "not-allowed" });
  await locks.lock(ada.person, wanted, ada);
  expect(locks.over("", "plc")).toBeDefined();
});

test("an administrator holds everything at every site, and locks the whole", async () => {
  expect(mayAt(kit.ada, "session:end", "plc")).toBe(true);
  expect(mayAt(kit.ada, "session:end", "other")).toBe(true);
  const wanted = { kind: "site", target: "nord", reason: "gas alarm" } as const;
  await kit.access.locks.lock(person(kit.ada), wanted);
  expect(kit.access.locks.over("", "other")).toBeDefined();
});

test("a site's lock outlives the site's name in the plant file: then it is over everything", async () => {
  const { locks } = kit.access;
  await locks.lock(person(kit.ada), { kind: "site", target: "wien", reason: "gas alarm" });
  expect(locks.over("", "other")).toBeUndefined();
  kit.plant.edit({});
  expect(locks.over("", "other")).toBeDefined();
  expect(locks.isSiteLocked("nord")).toBe(true);
});

test("a policy closes one site, and leaves the rest of the whole as it is", () => {
  kit.policies.add('forbid (principal, action, resource in Site::"houston");');
  expect(mayAt(kit.ada, "session:end", "plc")).toBe(true);
  expect(mayAt(kit.ada, "session:end", "other")).toBe(false);
  kit.policies.add('forbid (principal, action, resource in Site::"nord");');
  expect(mayAt(kit.ada, "session:end", "plc")).toBe(false);
});

test("a policy that fails leaves each site the supervisors that it names", () => {
  kit.policies.add("forbid (principal, action, resource) when { 9223372036854775807 + 1 > 0 };");
  expect(mayAt(sue, "session:end", "plc")).toBe(true);
  expect(mayAt(sue, "session:end", "other")).toBe(false);
});

test("hours that a policy asks for are those on the wall of the asset's site", () => {
  kit.policies.add(
    "forbid (principal, action, resource is Asset) when { context.time.hour < 12 };",
  );
  const offered = () => ["plc", "other"].map((asset) => mayAt(kit.ada, "session:end", asset));
  const seen = new Set<string>();
  for (let hour = 0; hour < 24; hour++) {
    seen.add(offered().join(" "));
    kit.site.clock.advance(HOUR_MS);
  }
  // Seven hours lie between them: each is shut while the other is open, and both are at times.
  expect(seen.size).toBe(4);
});

test.each([
  ["{ site: wien }", [false, true, true], [1, 0]],
  ["{ site: nord }", [false, false, false], [1, 1]],
  ["site", [false, false, false], [1, 1]],
])(
  "a key switch that covers %s shuts what is there, and the whole all of it",
  (covers, open, over) => {
    const { keySwitches } = kit.access;
    kit.plant.edit({
      ...two,
      "grants:\n": `key-switches: [{ id: k, name: Gate, tag: Key, covers: ${covers} }]\ngrants:\n`,
      "units: [1], tags: []": "units: [1], tags: [{ name: Key, unit-id: 1, register: 10001 }]",
    });
    // Nobody can read it: that counts as off.
    expect(["wien", "houston", "nord"].map((id) => keySwitches.isSiteOpen(id))).toEqual(open);
    expect(["plc", "other"].map((id) => keySwitches.over(id).length)).toEqual(over);
  },
);

test("a weekly window is open in one site and shut in the other at the same instant", async () => {
  const grants = ["plc", "other"].map((asset) => ({
    ...{ id: `g-${asset}`, personId: person(kit.ada).id, endpoint: `${asset}/modbus` },
    ...{ profile: "read", fromMs: 0, untilMs: kit.site.clock.wallMs() + 30 * DAY_MS },
    ...{
      reason: "service",
      createdBy: person(kit.ada).id,
      createdMs: 0,
      revokedMs: null,
      revokedBy: null,
    },
    ...{ requestId: null, sessionsMax: null },
    weekly: [{ day: "tue", from: "08:00", until: "12:00" } as const],
  }));
  for (const grant of grants) await insertGrant(kit.site.store.queries, grant);
  await kit.restart();
  const state = (asset: string) =>
    kit.access.grantsOf(person(kit.ada)).find(({ id }) => id === `g-${asset}`);
  // Behind a window that is open at this moment: the next one begins on the minute.
  if (state("plc")?.state === "live") kit.site.clock.advance(5 * HOUR_MS);
  const [wien, houston] = [state("plc")?.opensMs ?? 0, state("other")?.opensMs ?? 0];
  const wall = (timeZone: string, atMs: number) =>
    new Intl.DateTimeFormat("en-GB", {
      ...{ timeZone, weekday: "short", hour: "2-digit", minute: "2-digit" },
    }).format(atMs);
  expect(wall("Europe/Vienna", wien)).toMatch(/Tue.*08:00/);
  expect(wall("America/Chicago", houston)).toMatch(/Tue.*08:00/);
  kit.site.clock.advance(wien - kit.site.clock.wallMs());
  expect([state("plc")?.state, state("other")?.state]).toEqual(["live", "coming"]);
  const me = await kit.site.signIn(kit.ada.authenticator);
  await expect(kit.access.openSession(me, "plc/modbus", "g-plc")).resolves.toBeDefined();
  await expect(kit.access.openSession(me, "other/modbus", "g-other")).rejects.toMatchObject({
    code: "no-grant",
  });
});

test("a session's permit names the site of its asset", async () => {
  const session = await kit.access.openSession(kit.ada.me, "plc/modbus");
  expect(session.claims.site).toEqual({ id: "wien", name: "Wien" });
});
