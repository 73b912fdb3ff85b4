import { beforeEach, expect, test } from "vitest";
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import { EditedPlant } from "../../test/kit/access.ts";
import { TestPolicies } from "../../test/kit/policies.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { checkRoles } from "../identity/roles.ts";
import { RIGHTS, type Right } from "../policy/rights.ts";
import { type Person, ROLES, type Role } from "../store/model.ts";
import { type Asker, DecisionPoint } from "./decision-point.ts";

/** What each role may do, as it is documented; every other right is denied. */
const MAY: Readonly<Record<Role, readonly Right[]>> = {
  administrator: [
    ...(["plant:view", "plant:change", "session:list", "session:freeze", "session:end"] as const),
    ...(["grant:manage", "vendor:invite", "people:manage", "access:review"] as const),
    "request:approve",
    ...(["lock:set", "lock:lift", "break-glass:open", "break-glass:review"] as const),
    ...([
      "policy:view",
      "policy:change",
      "events:view",
      "health:view",
      "integration:manage",
      "credential:set",
      "log:state",
      "alarm:acknowledge",
      "alarm:shelve",
    ] as const),
  ],
  engineer: [
    "plant:view",
    "session:open",
    "recording:own",
    "recording:comment",
    "request:make",
    "vendor:invite",
    "request:approve",
  ],
  supervisor: [
    ...(["plant:view", "session:list", "session:watch", "session:freeze", "session:end"] as const),
    ...(["session:consent", "request:approve", "hold:answer", "lock:set", "lock:lift"] as const),
    ...(["break-glass:review", "recording:break-glass", "events:view"] as const),
    ...(["alarm:acknowledge", "alarm:shelve"] as const),
  ],
  vendor: ["plant:view", "session:open", "request:make"],
  auditor: [
    ...(["plant:view", "recording:all", "recording:export"] as const),
    ...(["recording:comment", "recording:share", "log:state", "log:view"] as const),
    ...(["access:review", "break-glass:review", "policy:view", "events:view"] as const),
  ],
  workload: ["plant:view", "session:open"],
};

/** The most each role can hold, whatever a profile says. */
const HOLDS: Readonly<Record<Role, readonly OperationClass[]>> = {
  administrator: [],
  engineer: ["observe", "operate", "configure", "program", "transfer"],
  supervisor: [],
  vendor: ["observe", "operate", "configure", "program"],
  auditor: [],
  workload: ["observe", "operate", "configure", "program", "transfer"],
};

let policies: TestPolicies;
let plant: EditedPlant;
let clock: TestClock;
let alarms: string[];
let decisions: DecisionPoint;

beforeEach(() => {
  policies = new TestPolicies();
  plant = new EditedPlant();
  clock = new TestClock();
  alarms = [];
  decisions = new DecisionPoint({
    ...{ policies, plant, clock },
    alarm: (text) => void alarms.push(text),
  });
});

function person(...roles: readonly Role[]): Person {
  return {
    ...{ id: "p", name: "Pat", email: "pat@plant.example", employer: "Nord", roles },
    ...{ state: "active", passkeys: 1, lastSignInMs: null, createdMs: 0 },
  };
}

function signedIn(assertionAgeMs: number, address = "192.0.2.7"): Asker {
  const signIn = {
    ...{ id: "s", personId: "p", passkeyId: "k", address, userAgent: "", createdMs: 0 },
    ...{ lastSeenMs: 0, assertedMs: 0, absoluteEndsMs: 0, synced: false },
  };
  return { person: person("engineer"), signIn, assertionAgeMs };
}

function holds(who: Asker, more: object = {}): readonly OperationClass[] {
  const asset = plant.current().assets.find(({ id }) => id === "plc");
  if (!asset) throw new Error("no plc");
  const grant = { id: "g", active: true, profile: "everything" };
  return decisions.capabilities({ who, asset, grant, asked: OPERATION_CLASSES, ...more }).classes;
}

/** Every set of roles that one person can have. */
const allowed = Array.from({ length: 2 ** ROLES.length }, (_, bits) =>
  ROLES.filter((_role, at) => bits & (1 << at)),
).filter((roles) => {
  try {
    return checkRoles(roles).length > 0;
  } catch {
    return false;
  }
});

test.each(allowed.map((roles) => [roles.join(" and "), roles] as const))(
  "%s: the default policies give what the roles are documented to have, and nothing else",
  (_, roles) => {
    const may = new Set(roles.flatMap((role) => MAY[role]));
    const who = { person: person(...roles), assertionAgeMs: 0 };
    for (const right of RIGHTS)
      expect([right, decisions.may(who, right)]).toEqual([right, may.has(right)]);
    expect([...decisions.rights(who)].toSorted()).toEqual([...may].toSorted());
    const classes = new Set(roles.flatMap((role) => HOLDS[role]));
    expect(holds(who)).toEqual(OPERATION_CLASSES.filter((each) => classes.has(each)));
    expect(alarms).toEqual([]);
  },
);

test("nobody without a role has a right, and nobody who is not active", () => {
  expect(decisions.rights({ person: person() }).size).toBe(0);
  const disabled = { person: { ...person("administrator"), state: "disabled" as const } };
  expect(decisions.rights(disabled).size).toBe(0);
  expect(decisions.ruling(disabled, "plant:view").rule).toBe("person-disabled");
  expect(holds({ person: { ...person("engineer"), state: "disabled" } })).toEqual([]);
});

test("without a grant that counts nobody holds anything", () => {
  const who = { person: person("engineer"), assertionAgeMs: 0 };
  expect(holds(who, { grant: { id: "g", active: false } })).toEqual([]);
});

test("a right taken by a policy counts at once, also where rights were just listed", () => {
  const who = { person: person("engineer"), assertionAgeMs: 0 };
  expect(decisions.rights(who).has("recording:own")).toBe(true);
  policies.add('forbid (principal, action == Action::"recording:own", resource);');
  expect(decisions.rights(who).has("recording:own")).toBe(false);
  expect(decisions.ruling(who, "recording:own")).toMatchObject({
    ...{ rule: "added-0", reason: "Added 0." },
  });
});

test("age and address come from the sign-in, and what is unknown is never good enough", () => {
  policies.add(
    'forbid (principal, action == Action::"session:open", resource) when { context.authentication.ageSeconds > 900 };',
    'forbid (principal, action == Action::"plant:view", resource) unless { context.network.address.isInRange(ip("192.0.2.0/24")) };',
  );
  expect(decisions.may(signedIn(900_000), "session:open")).toBe(true);
  expect(decisions.may(signedIn(900_001), "session:open")).toBe(false);
  expect(decisions.may({ person: person("engineer") }, "session:open")).toBe(false);
  expect(decisions.may(signedIn(0), "plant:view")).toBe(true);
  expect(decisions.may(signedIn(0, "::ffff:192.0.2.9"), "plant:view")).toBe(true);
  expect(decisions.may(signedIn(0, "2001:db8::1"), "plant:view")).toBe(false);
  expect(decisions.may(signedIn(0, "nonsense"), "plant:view")).toBe(false);
  expect(decisions.may(signedIn(0, "::ffff:1.2.3.4%eth0"), "plant:view")).toBe(false);
  expect(alarms).toEqual([]);
});

test("a key that is copied between devices can be asked to be another", () => {
  policies.add(
    'forbid (principal, action in Action::"alter", resource) unless { context.authentication.key == "device-bound" };',
  );
  const bound = signedIn(0);
  if (!bound.signIn) throw new Error("nobody is signed in");
  expect(holds(bound)).toEqual([...OPERATION_CLASSES]);
  expect(holds({ ...bound, signIn: { ...bound.signIn, synced: true } })).toEqual(["observe"]);
});

test("hours and weekdays are those of the site", () => {
  // Monday 5 January 2026, 08:00 UTC: nine o'clock in Vienna.
  policies.add(
    'forbid (principal, action in Action::"use", resource) unless { context.time.weekday == 1 && context.time.hour == 9 };',
  );
  const who = { person: person("engineer"), assertionAgeMs: 0 };
  expect(holds(who)).not.toEqual([]);
  clock.advance(60 * 60_000);
  expect(holds(who)).toEqual([]);
});

test("a policy that fails denies, and its alarm is told once in a while", () => {
  policies.add(
    'permit (principal, action == Action::"observe", resource) when { context.time.hour * 9223372036854775807 > 0 };',
  );
  const who = { person: person("engineer"), assertionAgeMs: 0 };
  for (let n = 0; n < 5; n++) {
    expect(holds(who)).toEqual(["operate", "configure", "program", "transfer"]);
  }
  expect(alarms).toHaveLength(1);
  clock.advance(16 * 60_000);
  holds(who);
  expect(alarms).toHaveLength(2);
});

test("a policy that fails leaves supervisors and administrators able to cut and to lock", () => {
  policies.add(
    "forbid (principal, action, resource) when { context.time.hour * 9223372036854775807 > 0 };",
  );
  const rights = (role: Role) => [...decisions.rights({ person: person(role) })];
  expect(rights("supervisor")).toEqual(["session:freeze", "session:end", "lock:set"]);
  expect(rights("administrator")).toEqual(["session:freeze", "session:end", "lock:set"]);
  for (const role of ["engineer", "vendor", "auditor"] as const) expect(rights(role)).toEqual([]);
  expect(alarms.length).toBeGreaterThan(0);
});
