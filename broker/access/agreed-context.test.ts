/** What policies are told of the people and the ticket behind a grant. */
import { beforeEach, expect, test } from "vitest";
import { type Opened, TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import { DEFAULT_POLICIES } from "../../test/kit/policies.ts";
import { checkPolicies } from "./policies/check-policies.ts";
import { readPolicyFolder } from "./policies/policy-folder.ts";

const HOUR_MS = 3_600_000;

let kit: TestAccess;
let eva: Somebody;
let sam: Somebody;
let tom: Somebody;

beforeEach(async () => {
  kit = await TestAccess.open();
  eva = await kit.site.invited(kit.ada.me, "Eva", ["engineer"]);
  sam = await kit.site.invited(kit.ada.me, "Sam", ["supervisor"]);
  tom = await kit.site.invited(kit.ada.me, "Tom", ["supervisor"]);
  kit.plant.edit({
    "profiles:\n": `approvals:\n  - { zone: cell, by: ["role:supervisor"], needed: 2 }\nprofiles:\n`,
  });
});

async function asked(ticket = "WO-4711"): Promise<string> {
  const { request } = await kit.access.requests.ask(eva.me.person, {
    ...{ endpoints: ["plc/modbus"], profile: "everything", durationMs: HOUR_MS },
    ...{ reason: "the pump hums", ticket },
  });
  return request.id;
}

async function approve(who: Somebody, id: string): Promise<void> {
  const { requests } = kit.access;
  const wanted = { decision: "approve", reason: "" } as const;
  const { text, options } = await requests.decisionOptions(who.me, id, wanted);
  await requests.decide(who.me, id, { text, response: who.authenticator.assert(options) });
}

async function agreed(ticket?: string): Promise<void> {
  const id = await asked(ticket);
  await approve(sam, id);
  await approve(tom, id);
}

function requested() {
  const all = kit.access.grantsOf(eva.me.person);
  return all.find(({ source }) => source === "request");
}

function open(): Promise<Opened> {
  return kit.access.openSession(eva.me, "plc/modbus", requested()?.id);
}

function basis(session: Opened) {
  return JSON.parse(session.claims.basis ?? "").input.context.grant;
}

test("a session is decided on who approved its grant and on the ticket, also after a restart", async () => {
  await agreed();
  const approvers = [sam.me.person.id, tom.me.person.id].toSorted();
  expect(basis(await open())).toMatchObject({ approvers, ticket: "WO-4711", active: true });
  await kit.restart();
  expect(basis(await open())).toMatchObject({ approvers, ticket: "WO-4711", active: true });
});

test("a grant that one administrator made names nobody who agreed", async () => {
  await kit.access.createGrant(kit.ada.me.person, {
    ...{ personId: eva.me.person.id, endpoint: "plc/modbus", profile: "everything" },
    fromMs: kit.site.clock.wallMs(),
    ...{ untilMs: kit.site.clock.wallMs() + HOUR_MS, reason: "night shift" },
  });
  const grant = kit.access.grantsOf(eva.me.person).find(({ source }) => source === "console");
  const session = await kit.access.openSession(eva.me, "plc/modbus", grant?.id);
  expect(basis(session)).toMatchObject({ approvers: [], ticket: "" });
});

test("a policy that asks for an approver takes a live session's rights in the turn it counts", async () => {
  await agreed();
  const session = await open();
  kit.policies.add(
    `forbid (principal, action in Action::"alter", resource) unless { context.grant.approvers.contains(Subject::"${tom.me.person.id}") };`,
  );
  expect(session.told).toEqual([]);
  kit.policies.add(
    'forbid (principal, action in Action::"alter", resource) unless { context.grant.approvers.contains(Subject::"somebody-else") };',
  );
  expect(session.told).toEqual(["added-0: observe"]);
});

test("without a ticket nothing is asked for where policies need one; approvers come later", async () => {
  kit.policies.add(
    'forbid (principal, action in Action::"use", resource) when { context.grant.ticket == "" || context.grant.approvers.isEmpty() };',
  );
  await expect(asked("")).rejects.toMatchObject({ code: "input-invalid" });
  await agreed("WO-1");
  const session = await open();
  expect(session.claims.capabilities).toContain("program");
});

test("tests beside the policies speak of approvers and tickets", async () => {
  const rule = {
    name: "critical.cedar",
    text: '@id("two-agree") @reason("Sam agrees to each work order.") forbid (principal, action in Action::"use", resource) unless { context.grant.approvers.contains(Subject::"sam") && context.grant.ticket like "WO-*" };',
  };
  const tests = (expected: string) => ({
    name: "critical.tests.yaml",
    text: `tests:
  - name: agreed by Sam, with a work order
    who: { roles: [engineer] }
    what: operate
    context: { grant: { active: true, approvers: [sam, tom], ticket: WO-4711 } }
    expect: ${expected}
  - name: agreed by another
    who: { roles: [engineer] }
    what: operate
    context: { grant: { active: true, approvers: [tom], ticket: WO-4711 } }
    expect: deny
    because: two-agree
`,
  });
  const kept = readPolicyFolder(DEFAULT_POLICIES).filter(({ name }) => name.endsWith(".cedar"));
  const terms = { site: "site", administrators: [] };
  const failures = (expected: string) =>
    checkPolicies([...kept, rule, tests(expected)], terms).failures;
  expect(failures("permit")).toEqual([]);
  expect(failures("deny")).toHaveLength(1);
});
