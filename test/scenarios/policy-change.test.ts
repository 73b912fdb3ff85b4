/** Policies of a running broker: edited on the host, they change who may do what at once. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MeView } from "../../broker/api/shapes/people.ts";
import type {
  PoliciesView,
  PolicyActivationView,
  PolicyCheckView,
} from "../../broker/api/shapes/policies.ts";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

let site: RunningBroker;
const file = (name: string) => join(site.broker.dataFolder, "policies", name);
/** Two looks at the files, and a busy machine. */
const TAKEN_OVER_MS = 20_000;

beforeAll(async () => {
  site = await startRunningBroker();
});
afterAll(() => site.close());

async function until(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + TAKEN_OVER_MS;
  while (!(await holds())) {
    if (Date.now() > untilMs) throw new Error("the change did not count in time");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function rights(): Promise<readonly string[]> {
  return (await site.first.ask<MeView>("GET", "/api/me")).body.rights;
}

async function events(): Promise<readonly string[]> {
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  return body.map(({ kind, text }) => `${kind} ${text}`);
}

test("a right that a policy forbids is gone from people and routes, and back when it is taken out", async () => {
  expect((await site.first.ask("GET", "/api/health")).status).toBe(200);
  const text =
    '@id("no-health") @reason("Not today.") forbid (principal, action == Action::"health:view", resource);\n';
  const before = readFileSync(file("rights.cedar"), "utf8");
  writeFileSync(file("rights.cedar"), `${before}\n${text}`);
  await until(async () => !(await rights()).includes("health:view"));
  expect((await site.first.ask("GET", "/api/health")).status).toBe(404);
  writeFileSync(file("rights.cedar"), before);
  await until(async () => (await rights()).includes("health:view"));
  expect((await site.first.ask("GET", "/api/health")).status).toBe(200);
  expect(
    (await events()).filter((each) => each.startsWith("policy:changed The host")),
  ).toHaveLength(2);
});

test("a live session loses what a policy takes, and keeps the rest", async () => {
  const opened = await site.first.ask<LiveSessionView>("POST", "/api/sessions", {
    endpoint: "plc-treatment/modbus",
  });
  expect(opened.status).toBe(201);
  expect(opened.body.capabilities).toContain("operate");
  const before = readFileSync(file("operations.cedar"), "utf8");
  writeFileSync(
    file("operations.cedar"),
    `${before}\n@id("only-look") @reason("Only looking today.") forbid (principal in Role::"engineer", action in Action::"alter", resource) when { context.grant.active } unless { principal in Role::"auditor" };\n`,
  );
  const tests = readFileSync(file("defaults.tests.yaml"), "utf8");
  writeFileSync(
    file("defaults.tests.yaml"),
    tests.replace("what: [observe, operate, configure, program, transfer]\n", "what: observe\n"),
  );
  const show = () => site.first.ask<LiveSessionView>("GET", `/api/sessions/${opened.body.id}`);
  await until(async () => !(await show()).body.capabilities.includes("operate"));
  expect((await show()).body.capabilities).toEqual(["observe"]);
});

test("an edit that is wrong is an alarm with its place, and health says that older policies count", async () => {
  const before = readFileSync(file("rights.cedar"), "utf8");
  writeFileSync(file("rights.cedar"), `${before}\npermit (everybody, action, resource);\n`);
  await until(async () => (await events()).some((each) => each.startsWith("policy:invalid")));
  expect((await events()).find((each) => each.startsWith("policy:invalid"))).toMatch(
    /rights\.cedar:\d+:\d+ /,
  );
  const { body } = await site.first.ask("GET", "/api/health");
  expect(JSON.stringify(body)).toMatch(/Older policies are in force: rights\.cedar/);
  writeFileSync(file("rights.cedar"), before);
});

test("an administrator edits policies in the console: checked, put in force, taken back", async () => {
  const { first } = site;
  const seen = (await first.ask<PoliciesView>("GET", "/api/policies")).body;
  expect(seen.files.map(({ name }) => name)).toContain("rights.cedar");
  const edited = (from: string, to: string) =>
    seen.files.map(({ name, text }) => ({ name, text: text.replace(from, to) }));
  const wrong = edited('Role::"engineer"', 'Role::"enginer"');
  const { body: check } = await first.ask<PolicyCheckView>("POST", "/api/policies/check", {
    files: wrong,
  });
  expect(check.valid).toBe(false);
  expect(check.problems[0]?.message).toMatch(/enginer/);
  const basedOn = seen.version.digest;
  const refused = await first.ask<PolicyActivationView>("POST", "/api/policies", {
    ...{ files: wrong, basedOn, reason: "a slip" },
  });
  expect(refused.body.version).toBeNull();
  const files = edited('Action::"vendor:invite",\n', "\n");
  const done = await first.ask<PolicyActivationView>("POST", "/api/policies", {
    ...{ files, basedOn, reason: "engineers only" },
  });
  expect(done.body.version).toMatchObject({
    note: "engineers only",
    byName: "First administrator",
  });
  const again = await first.ask("POST", "/api/policies", { files, basedOn, reason: "late" });
  expect([again.status, again.body.code]).toEqual([409, "changed"]);
  const back = await first.ask<PolicyActivationView>("POST", "/api/policies/rollback", {
    ...{ version: seen.version.sequence, basedOn: done.body.version?.digest },
  });
  expect(back.body.version?.digest).toBe(basedOn);
});
