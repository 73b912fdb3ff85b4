import fc from "fast-check";
import { expect, test } from "vitest";
import { OPERATION_CLASSES } from "../../protocols/guard.ts";
import { ROLES } from "../store/model.ts";
import { contextWith, POLICY_ACTIONS } from "./access-input.ts";
import { decideCapabilities, mayDo } from "./capabilities.ts";
import { PreparedPolicies, parseOne, validateAll } from "./cedar-engine.ts";
import { cedarRequest } from "./cedar-request.ts";
import { inputOf, PLC, SITE, setOf } from "./policy-samples.ts";
import { describePolicyProblem, parsePolicySet } from "./policy-set.ts";
import { POLICY_ROLES, POLICY_SCHEMA } from "./schema.ts";

const EVERYBODY = "permit (principal, action, resource);";

function problemsOf(text: string): readonly string[] {
  const parsed = parsePolicySet([{ name: "a.cedar", text }], "");
  return parsed.kind === "invalid" ? parsed.problems.map(describePolicyProblem) : [];
}

test("nothing is permitted that no policy permits, and the default says so", () => {
  const ruling = setOf('permit (principal in Role::"vendor", action, resource);').decide(
    "observe",
    inputOf(["engineer"]),
  );
  expect(ruling).toMatchObject({ permitted: false, rule: "default-deny", determining: [] });
});

test("a forbid wins over every permit, and gives its name and its reason", () => {
  const set = setOf(EVERYBODY, 'forbid (principal, action == Action::"program", resource);');
  expect(set.decide("operate", inputOf(["engineer"]))).toMatchObject({ permitted: true });
  expect(set.decide("program", inputOf(["engineer"]))).toEqual({
    permitted: false,
    rule: "p1",
    reason: "Rule 1.",
    determining: ["p1"],
    alarms: [],
  });
});

test("a policy that cannot be evaluated denies and raises an alarm, whatever others permit", () => {
  const overflow = "context.authentication.ageSeconds * 9223372036854775807 > 0";
  for (const effect of ["permit", "forbid"]) {
    const set = setOf(EVERYBODY, `${effect} (principal, action, resource) when { ${overflow} };`);
    const ruling = set.decide("observe", inputOf(["engineer"]));
    expect(ruling).toMatchObject({ permitted: false, rule: "policy-error", determining: ["p1"] });
    expect(ruling.alarms[0]).toMatch(/^policy p1 failed for observe: .*overflow/);
    // The same policies decide where the failing one does not fail.
    const fresh = inputOf(["engineer"], { authentication: { ageSeconds: 0 } });
    expect(set.decide("observe", fresh).permitted).toBe(true);
  }
});

test("an error of one class takes that class and leaves the others", () => {
  const overflow = "context.authentication.ageSeconds * 9223372036854775807 > 0";
  const set = setOf(
    EVERYBODY,
    `permit (principal, action == Action::"program", resource) when { ${overflow} };`,
  );
  const decision = decideCapabilities(set, inputOf(["engineer"]));
  expect(decision.classes).toEqual(["observe", "operate", "configure", "transfer"]);
  expect(decision.alarms).toHaveLength(1);
  expect(decision.validForMs).toBeLessThanOrEqual(30_000);
  expect(decision.policyDigest).toBe("digest");
});

test("a time window counts in the hours it names and in no other", () => {
  const set = setOf(
    `permit (principal, action in Action::"use", resource)
     when { context.time.weekday <= 5 && context.time.hour >= 6 && context.time.hour < 18 };`,
  );
  const at = (weekday: number, hour: number) =>
    set.decide("observe", inputOf(["engineer"], { time: { weekday, hour } })).permitted;
  expect([at(1, 6), at(5, 17), at(5, 18), at(6, 12), at(1, 5)]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("an assertion that is too old, and one of unknown age, hold less", () => {
  const set = setOf(
    'permit (principal, action == Action::"observe", resource);',
    `permit (principal, action in Action::"alter", resource)
     when { context.authentication.ageSeconds <= 900 };`,
  );
  const holds = (ageSeconds?: number) =>
    decideCapabilities(
      set,
      inputOf(["engineer"], ageSeconds === undefined ? {} : { authentication: { ageSeconds } }),
    ).classes;
  expect(holds(900)).toEqual([...OPERATION_CLASSES]);
  expect(holds(930)).toEqual(["observe"]);
  expect(holds()).toEqual(["observe"]);
});

test("zones around the asset's own zone count, and Purdue levels are compared as decimals", () => {
  const set = setOf(
    EVERYBODY,
    'forbid (principal, action == Action::"operate", resource in Zone::"operations");',
    'forbid (principal, action == Action::"program", resource is Asset) when { resource.zone.level.lessThan(decimal("2.0")) };',
  );
  expect(decideCapabilities(set, inputOf(["engineer"])).classes).toEqual([
    "observe",
    "configure",
    "transfer",
  ]);
});

test("nobody approves their own request, by identity", () => {
  const set = setOf(
    EVERYBODY,
    'forbid (principal, action == Action::"request:approve", resource is Grant) when { resource.requestedBy == principal };',
  );
  const grant = {
    ...{ kind: "grant", id: "g", holder: "ben", profile: "read" },
    ...{ requestedBy: "ben", asset: PLC },
  } as const;
  const may = (id: string) =>
    mayDo(
      set,
      { id, roles: ["supervisor"], employer: "" },
      "request:approve",
      grant as never,
      contextWith({}),
    ).permitted;
  expect([may("ada"), may("ben")]).toEqual([true, false]);
});

test("problems have the place and Cedar's advice", () => {
  expect(
    problemsOf(`// é is two bytes
@id("a") @reason("A é.")
permit (principal in Role::"enginer", action, resource);
@id("b") @reason("B.")
permit (principal, action == Action::"operat", resource)
when { context.grant.activ };
`),
  ).toEqual([
    'a.cedar:3:22 entity `Role::"enginer"` is of an enumerated entity type, but `"enginer"` is not declared as a valid eid; valid entity eids: "administrator", "engineer", "supervisor", "vendor", "auditor", "workload"',
    'a.cedar:5:30 unrecognized action `Action::"operat"`; did you mean `Action::"operate"`?',
  ]);
  expect(
    problemsOf('@id("a") @reason("A.")\npermit (principal, action, resource) when { 1 + };')[0],
  ).toMatch(/^a\.cedar:2:49 unexpected token `}`; expected /);
});

test("names and reasons are asked for, and a name stands once", () => {
  expect(problemsOf(EVERYBODY)).toHaveLength(2);
  const twice = `@id("a") @reason("A.") ${EVERYBODY}\n`.repeat(2);
  expect(problemsOf(twice)).toEqual(['a.cedar:2:1 @id("a") stands at a.cedar:1 already']);
  expect(problemsOf(`@id("A b") @reason("A.") ${EVERYBODY}`)[0]).toMatch(/cannot be an @id/);
  expect(problemsOf("")).toHaveLength(1);
  expect(
    problemsOf('@id("t") @reason("T.") permit (principal == ?principal, action, resource);'),
  ).not.toEqual([]);
});

test("the roles of policies are the roles of people", () => {
  expect(POLICY_ROLES).toEqual(ROLES);
});

test("every action and resource that can be asked for is one that the schema knows", () => {
  expect(validateAll(POLICY_SCHEMA, new Map([["all", EVERYBODY]])).errors).toEqual([]);
  for (const action of POLICY_ACTIONS) {
    const policy = `permit (principal, action == Action::"${action}", resource) when { context.site.open };`;
    expect(setOf(policy).decide(action, inputOf(["engineer"])).permitted).toBe(true);
  }
  expect(setOf(EVERYBODY).decide("policy:change", inputOf([], {}, SITE)).permitted).toBe(true);
});

const RICH = [
  'permit (principal in Role::"engineer", action in Action::"use", resource) when { context.grant.active };',
  'permit (principal, action in Action::"alter", resource) when { principal.employer == "Nord" && context.time.hour < 12 };',
  'permit (principal == Subject::"ada", action, resource) unless { context.site.locked };',
  'permit (principal, action == Action::"observe", resource in Zone::"treatment") when { {a: context.device.known}.a || context.network.address.isInRange(ip("10.0.0.0/8")) };',
  "forbid (principal, action, resource) when { context.grant.approvers.contains(principal) };",
  'forbid (principal, action == Action::"program", resource) when { {Value: context.risk}.Value == {assessed: true, level: 3, reasons: ["x"]} };',
  'forbid (principal, action == Action::"transfer", resource) when { if principal in Role::"vendor" then context.session.durationSeconds > 60 else false };',
];

const anyInput = fc
  .record({
    id: fc.constantFrom("ada", "ben"),
    roles: fc.subarray(["engineer", "vendor", "auditor"]),
    active: fc.boolean(),
    approvers: fc.subarray(["ada", "ben"]),
    hour: fc.integer({ min: 10, max: 13 }),
    locked: fc.boolean(),
    known: fc.boolean(),
    address: fc.constantFrom("10.1.1.1", "192.0.2.1"),
    level: fc.constantFrom(0, 3),
    durationSeconds: fc.constantFrom(0, 90),
  })
  .map(({ id, roles, active, approvers, hour, locked, known, address, level, durationSeconds }) =>
    inputOf(
      roles,
      {
        grant: { active, approvers },
        time: { hour },
        ...{ site: { locked }, device: { known }, network: { address } },
        ...{
          risk: { assessed: level > 0, level, reasons: level > 0 ? ["x"] : [] },
          session: { durationSeconds },
        },
      },
      PLC,
      id,
    ),
  );

test("what is left out of an input because no policy looks at it never changes a decision", () => {
  const set = setOf(...RICH);
  const whole = new PreparedPolicies(new Map(RICH.map((policy, n) => [`p${n}`, policy])));
  fc.assert(
    fc.property(anyInput, fc.constantFrom(...OPERATION_CLASSES), (input, action) => {
      const direct = whole.evaluate(cedarRequest(action, input));
      if (direct.kind === "failed") throw new Error(direct.message);
      const ruling = set.decide(action, input);
      expect(ruling.permitted).toBe(direct.allowed);
      expect(ruling.determining.toSorted()).toEqual(direct.determining.toSorted());
    }),
    { numRuns: 300 },
  );
});

test("no permit is without a policy that determined it", () => {
  const policy = fc.tuple(
    fc.constantFrom("permit", "forbid"),
    fc.constantFrom("principal", 'principal in Role::"engineer"', 'principal == Subject::"ada"'),
    fc.constantFrom("action", 'action in Action::"alter"', 'action == Action::"observe"'),
    fc.constantFrom("true", "context.grant.active", "context.time.hour * 9223372036854775807 > 1"),
  );
  fc.assert(
    fc.property(
      fc.array(policy, { minLength: 1, maxLength: 4 }),
      anyInput,
      fc.constantFrom(...OPERATION_CLASSES),
      (policies, input, action) => {
        const set = setOf(
          ...policies.map(
            ([effect, who, what, when]) =>
              `${effect} (${who}, ${what}, resource) when { ${when} };`,
          ),
        );
        const ruling = set.decide(action, input);
        const deciding = ruling.determining.map((id) => policies[Number(id.slice(1))]?.[0]);
        if (ruling.permitted) expect(deciding).toContain("permit");
        if (ruling.permitted) expect(deciding).not.toContain("forbid");
        if (ruling.alarms.length > 0) expect(ruling.permitted).toBe(false);
        expect(ruling.reason).not.toBe("");
      },
    ),
    { numRuns: 60 },
  );
});

test("the parser says what is no policy at all", () => {
  expect(parseOne("permit").kind).toBe("faults");
});
