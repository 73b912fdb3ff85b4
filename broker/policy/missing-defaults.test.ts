import { expect, test } from "vitest";
import { DEFAULT_POLICIES } from "../../test/kit/policies.ts";
import { checkPolicies } from "../access/policies/check-policies.ts";
import { readPolicyFolder } from "../access/policies/policy-folder.ts";
import { contextWith } from "./access-input.ts";
import { missingDefaults } from "./missing-defaults.ts";
import { SITE } from "./policy-samples.ts";
import { type PolicyFile, parsePolicySet } from "./policy-set.ts";
import type { Right } from "./rights.ts";

const DEFAULTS = readPolicyFolder(DEFAULT_POLICIES);
const NEW: readonly Right[] = ["recording:share", "alarm:acknowledge", "integration:manage"];

const TESTS: PolicyFile = {
  name: "own.tests.yaml",
  text: `tests:
  - { name: nothing for nobody, who: { roles: [] }, what: policy:change, expect: deny }
  - { name: it can be mended, who: { roles: [administrator] }, what: policy:change, expect: permit }
`,
};

/** The defaults as they were before these rights were there, with tests of that time. */
function older(): PolicyFile[] {
  return [TESTS, ...olderPolicies()];
}

function olderPolicies(): PolicyFile[] {
  const policies = DEFAULTS.filter(({ name }) => name.endsWith(".cedar"));
  return policies.map(({ name, text }) => ({
    name,
    text: NEW.reduce(
      (left, right) =>
        left
          .replaceAll(`, Action::"${right}"`, "")
          .replaceAll(new RegExp(`\\bAction::"${right}",\\s*`, "g"), ""),
      text,
    ),
  }));
}

function may(files: readonly PolicyFile[], right: Right, ...roles: string[]): boolean {
  const parsed = parsePolicySet(
    files.filter(({ name }) => name.endsWith(".cedar")),
    "digest",
  );
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  const subject = { id: "ada", roles, employer: "Nord" };
  return parsed.set.decide(right, { subject, resource: SITE, context: contextWith({}) }).permitted;
}

test("a set that speaks of all rights misses nothing", () => {
  expect(missingDefaults(DEFAULTS, DEFAULTS)).toEqual({ rights: [], file: undefined });
});

test("an older set gets the new rights exactly as the defaults have them, and no others", () => {
  const before = older();
  for (const right of NEW) expect(may(before, right, "administrator", "auditor")).toBe(false);
  const { rights, file } = missingDefaults(before, DEFAULTS);
  expect(rights.toSorted()).toEqual(NEW.toSorted());
  if (!file) throw new Error("nothing to add");
  const after = [...before, file];
  expect(checkPolicies(after, { administrators: [], site: "nord" })).toMatchObject({ valid: true });
  for (const role of ["administrator", "engineer", "supervisor", "vendor", "auditor"])
    for (const right of [...NEW, "policy:change", "recording:export"] as const)
      expect([role, right, may(after, right, role)]).toEqual([
        role,
        right,
        may(DEFAULTS, right, role),
      ]);
  // What is forbidden comes along with what is permitted.
  expect(may(after, "recording:share", "administrator")).toBe(false);
  expect(may(after, "recording:share", "auditor")).toBe(true);
  expect(missingDefaults(after, DEFAULTS).rights).toEqual([]);
});

test("names that the site has taken are not taken again", () => {
  const { file } = missingDefaults(older(), DEFAULTS);
  const again = missingDefaults([...older(), { name: file?.name ?? "", text: "" }], DEFAULTS);
  expect(again.file?.name).not.toBe(file?.name);
  expect(file?.text).toContain('@id("administrators-run-the-site-2")');
});

test("a site that forbids a right by name has spoken of it; one that forbids a group has not", () => {
  const rule = (name: string, action: string): PolicyFile => ({
    name,
    text: `@id("own-rule") @reason("Own.") forbid (principal, action ${action}, resource);`,
  });
  const named = [...older(), rule("own.cedar", 'in [Action::"recording:share"]')];
  expect(missingDefaults(named, DEFAULTS).rights).not.toContain("recording:share");
  const group = [...older(), rule("own.cedar", 'in Action::"manage"')];
  expect(missingDefaults(group, DEFAULTS).rights).toContain("recording:share");
  const whole = [...older(), rule("own.cedar", 'in Action::"manage"')].map((each) => ({
    ...each,
    text: each.text.replace("forbid (principal, action in", "permit (principal, action in"),
  }));
  expect(missingDefaults(whole, DEFAULTS).rights).toEqual([]);
});
