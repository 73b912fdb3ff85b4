import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { DEFAULT_POLICIES } from "../../test/kit/policies.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { runPolicyCheck, runPolicyTest } from "./policy-check.ts";

let folder: string;
let printed: string;
const out = { write: (text: string) => (printed += text.replaceAll(folder, "DIR")) };

beforeEach(() => {
  folder = temporaryFolder();
  printed = "";
  cpSync(DEFAULT_POLICIES, folder, { recursive: true });
});

function edit(name: string, from: string, to: string): void {
  const path = join(folder, name);
  writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
}

test("the policies that Sallyport comes with are valid and pass their tests", () => {
  expect(runPolicyCheck(folder, out)).toBe(0);
  expect(runPolicyTest(folder, out)).toBe(0);
  expect(printed).toMatch(
    /^DIR is valid: \d+ policies, (\d+) tests, 0 warnings\nDIR passes \1 tests\n$/,
  );
});

test("what is wrong is printed with its exact place", () => {
  edit("operations.cedar", 'Role::"engineer"', 'Role::"enginer"');
  expect(runPolicyCheck(folder, out)).toBe(1);
  expect(printed).toMatch(
    /^DIR\/operations\.cedar:6:22 entity `Role::"enginer"` .*\nDIR is not valid: 1 problem\n$/,
  );
});

test("a set that locks the administrators out is not valid", () => {
  edit("rights.cedar", 'Action::"policy:change",', "");
  expect(runPolicyCheck(folder, out)).toBe(1);
  expect(printed).toMatch(/^DIR no active administrator could change policies any more/);
});

test("a rule that can never count is a warning", () => {
  writeFileSync(
    join(folder, "more.cedar"),
    '@id("never") @reason("Never.") permit (principal, action, resource) when { false };',
  );
  expect(runPolicyCheck(folder, out)).toBe(0);
  expect(printed).toMatch(/^DIR\/more\.cedar:1:1 .*impossible.* \[warning\]\nDIR is valid/);
});

test("a test that fails is printed with its place, what it expects and what decided", () => {
  edit("defaults.tests.yaml", "expect: deny\n    because: locked-means-locked", "expect: permit");
  expect(runPolicyCheck(folder, out)).toBe(0);
  printed = "";
  expect(runPolicyTest(folder, out)).toBe(1);
  expect(printed).toMatch(
    /^DIR\/defaults\.tests\.yaml:\d+:5 "a locked site is locked for everybody", observe: permit is expected, it is deny because of locked-means-locked\nDIR fails: 1 failure\n$/,
  );
});

test("a test file that is none is a problem of its own", () => {
  edit("defaults.tests.yaml", "who:", "whom:");
  expect(runPolicyCheck(folder, out)).toBe(1);
  expect(printed).toMatch(/defaults\.tests\.yaml:\d+:\d+ .*whom/);
});

test("a folder that is not there is not a set of policies", () => {
  rmSync(folder, { recursive: true });
  expect(runPolicyCheck(folder, out)).toBe(2);
  expect(printed).toBe("DIR cannot be read: it does not exist\n");
});
