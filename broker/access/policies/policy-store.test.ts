import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import type { SubjectInput } from "../../policy/access-input.ts";
import { inputOf } from "../../policy/policy-samples.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { PolicyHistory } from "./policy-history.ts";
import { LOOK_MS, PoliciesUnusable, PolicyStore } from "./policy-store.ts";

const DEFAULTS = join(import.meta.dirname, "../../../deploy/examples/policies");
const ADA = { id: "ada", name: "Ada" };
const GRANTED = inputOf(["vendor"], { grant: { active: true } });

let data: string;
let clock: TestClock;
let notes: string[];
let administrators: SubjectInput[];

beforeEach(() => {
  data = temporaryFolder();
  clock = new TestClock();
  notes = [];
  administrators = [];
});

async function open(): Promise<PolicyStore> {
  const store = await PolicyStore.open({
    ...{ dataFolder: data, defaults: DEFAULTS, clock, site: "nord" },
    administrators: async () => administrators,
    note: ({ priority, kind, text }) => void notes.push(`${priority} ${kind} ${text}`),
  });
  onTestFinished(() => store.close());
  return store;
}

const file = (name: string) => join(data, "policies", name);
const sourcesNow = () => readPolicyFolder(join(data, "policies"));

/** The defaults with one text replaced. */
function changed(from: string, to: string) {
  return readPolicyFolder(DEFAULTS).map(({ name, text }) => ({
    name,
    text: text.replace(from, to),
  }));
}

const WITHOUT_VENDOR_PROGRAM = [
  'Action::"configure", Action::"program"\n',
  'Action::"configure"\n',
] as const;

/** Both the policy and its test are changed. */
function vendorsDoNotProgram() {
  return changed(...WITHOUT_VENDOR_PROGRAM).map(({ name, text }) => ({
    name,
    text: text.replace("what: [observe, operate, configure, program]\n", "what: [observe]\n"),
  }));
}

test("the first start puts the default policies into the data folder and in force", async () => {
  const store = await open();
  expect(sourcesNow()).toEqual(readPolicyFolder(DEFAULTS));
  expect(store.current().decide("program", GRANTED).permitted).toBe(true);
  expect(store.versions()).toHaveLength(1);
  expect(store.problem()).toBeUndefined();
});

test("an activated set counts at once, is in the folder, the history and the next start", async () => {
  const store = await open();
  const told: string[] = [];
  store.onChanged((set) => told.push(set.digest));
  const done = await store.activate(vendorsDoNotProgram(), ADA, "vendors only configure");
  expect(done.kind).toBe("active");
  expect(told).toEqual([store.current().digest]);
  expect(store.current().decide("program", GRANTED).permitted).toBe(false);
  expect(sourcesNow()).toEqual(vendorsDoNotProgram());
  expect(store.version()).toMatchObject({ sequence: 2, by: "ada", note: "vendors only configure" });
  store.close();
  const again = await open();
  expect(again.current().digest).toBe(store.current().digest);
  expect(again.versions()).toHaveLength(2);
});

test.each([
  [
    "a policy that is not valid",
    'Role::"vendor"',
    'Role::"vender"',
    /operations\.cedar:\d+:\d+ .*vender/,
  ],
  [
    "a failing test",
    ...WITHOUT_VENDOR_PROGRAM,
    /defaults\.tests\.yaml:\d+:\d+ "a vendor works under/,
  ],
  ["a lockout", 'Action::"policy:change",', "", /no active administrator could change policies/],
  ["a test that is not one", "expect: permit", "expect: allow", /tests\.yaml:\d+:\d+ .*allow/],
])("a set with %s never counts", async (_, from, to, problem) => {
  const store = await open();
  const before = store.current();
  const done = await store.activate(changed(from, to), ADA, "mistake");
  expect(done.kind).toBe("refused");
  const { problems, failures } = done.checked;
  const lines = [...problems, ...failures].map(
    (p) => `${p.file}:${p.line}:${p.column} ${p.message}`,
  );
  expect(lines.join("\n")).toMatch(problem);
  expect(store.current()).toBe(before);
  expect(store.versions()).toHaveLength(1);
  expect(sourcesNow()).toEqual(readPolicyFolder(DEFAULTS));
});

test.each([
  "../evil.cedar",
  "a/b.cedar",
  ".hidden.cedar",
  "/etc/x.cedar",
  "notes.txt",
  "rights.cedar",
])("a file called %s is not taken and not written anywhere", async (name) => {
  const store = await open();
  const more = { name, text: "// nothing" };
  const done = await store.activate([...readPolicyFolder(DEFAULTS), more], ADA, "");
  expect(done.kind).toBe("refused");
  expect(sourcesNow()).toEqual(readPolicyFolder(DEFAULTS));
});

test("a set that leaves no present administrator able to change it never counts", async () => {
  const store = await open();
  administrators = [{ id: "ada", roles: ["administrator"], employer: "Nord" }];
  const tests = "tests:\n  - { name: a, who: { roles: [] }, what: observe, expect: deny }\n";
  const without = (employer: string) => [
    {
      name: "only.cedar",
      text: `@id("own-people") @reason("Only own people.")
permit (principal, action, resource) when { principal.employer == "${employer}" };`,
    },
    { name: "only.tests.yaml", text: tests },
  ];
  expect((await store.activate(without("Elsewhere"), ADA, "")).kind).toBe("refused");
  expect((await store.activate(without("Nord"), ADA, "")).kind).toBe("active");
});

test("rollback goes to the version before, and to the one that is named", async () => {
  const store = await open();
  await store.activate(vendorsDoNotProgram(), ADA, "less");
  await store.rollback(ADA);
  expect(store.current().decide("program", GRANTED).permitted).toBe(true);
  expect(store.version()).toMatchObject({ sequence: 3, note: "back to version 1" });
  await store.rollback(ADA, 2);
  expect(store.current().decide("program", GRANTED).permitted).toBe(false);
  await expect(store.rollback(ADA, 99)).rejects.toThrow();
});

test("files that a person edits count once they hold still and are valid, with an alarm", async () => {
  const store = await open();
  for (const { name, text } of vendorsDoNotProgram()) writeFileSync(file(name), text);
  clock.advance(LOOK_MS);
  await settle();
  expect(store.current().decide("program", GRANTED).permitted).toBe(true);
  clock.advance(LOOK_MS);
  await until(() => !store.current().decide("program", GRANTED).permitted);
  expect(notes.at(-1)).toMatch(/^alarm policy:changed The host put version 2/);
});

test("an edit that is wrong is reported with its place and the set in force stays", async () => {
  const store = await open();
  const text = readFileSync(file("operations.cedar"), "utf8");
  writeFileSync(file("operations.cedar"), `${text}\npermit (principal, action, resource)`);
  await store.check();
  expect(store.problem()).toMatch(/^operations\.cedar:\d+:\d+ /);
  expect(notes.at(-1)).toMatch(/^alarm policy:invalid /);
  const count = notes.length;
  await store.check();
  expect(notes).toHaveLength(count);
  writeFileSync(file("operations.cedar"), text);
  await store.check();
  expect(store.problem()).toBeUndefined();
  expect(store.versions()).toHaveLength(1);
});

test("a folder that is gone is reported, and the broker starts again with what counted", async () => {
  const store = await open();
  rmSync(join(data, "policies"), { recursive: true });
  await store.check();
  expect(store.problem()).toMatch(/does not exist/);
  store.close();
  const again = await open();
  expect(again.current().digest).toBe(store.current().digest);
});

test("files that were broken while the broker was stopped do not stop its start", async () => {
  (await open()).close();
  writeFileSync(file("rights.cedar"), "permit (");
  const store = await open();
  expect(store.problem()).toMatch(/rights\.cedar:1:\d/);
  expect(store.current().decide("observe", GRANTED).permitted).toBe(true);
});

test("a crash while files are written ends with the files of the version that counts", async () => {
  const store = await open();
  await store.activate(vendorsDoNotProgram(), ADA, "less");
  store.close();
  // As after a crash between the first file and the second.
  cpSync(join(DEFAULTS, "operations.cedar"), file("operations.cedar"));
  writeFileSync(join(data, "policy-history", "writing"), "2");
  const again = await open();
  expect(sourcesNow()).toEqual(vendorsDoNotProgram());
  expect(again.versions()).toHaveLength(2);
  expect(existsSync(join(data, "policy-history", "writing"))).toBe(false);
});

test("a crash before the version was durable leaves everything as it was", async () => {
  (await open()).close();
  writeFileSync(join(data, "policy-history", "writing"), "2");
  const again = await open();
  expect(again.versions()).toHaveLength(1);
  expect(sourcesNow()).toEqual(readPolicyFolder(DEFAULTS));
});

test("a set counts although its files cannot be written, and they are written later", async () => {
  const store = await open();
  rmSync(join(data, "policies"), { recursive: true });
  writeFileSync(join(data, "policies"), "in the way");
  const done = await store.activate(vendorsDoNotProgram(), ADA, "less");
  expect(done.kind).toBe("active");
  expect(store.current().decide("program", GRANTED).permitted).toBe(false);
  expect(store.problem()).toMatch(/could not be written/);
  rmSync(join(data, "policies"));
  clock.advance(LOOK_MS);
  await until(() => existsSync(join(data, "policies", "rights.cedar")));
  expect(sourcesNow()).toEqual(vendorsDoNotProgram());
  clock.advance(LOOK_MS);
  await until(() => store.problem() === undefined);
  expect(store.versions()).toHaveLength(2);
});

test("a version that cannot be made durable does not count", async () => {
  const store = await open();
  mkdirSync(join(data, "policy-history", "000002.json.new"));
  await expect(store.activate(vendorsDoNotProgram(), ADA, "less")).rejects.toThrow();
  expect(store.current().decide("program", GRANTED).permitted).toBe(true);
  expect(store.versions()).toHaveLength(1);
  clock.advance(LOOK_MS);
  await settle();
  expect(sourcesNow()).toEqual(readPolicyFolder(DEFAULTS));
  rmSync(join(data, "policy-history", "000002.json.new"), { recursive: true });
  expect((await store.activate(vendorsDoNotProgram(), ADA, "less")).kind).toBe("active");
});

test("other files in the folder are left alone", async () => {
  const store = await open();
  writeFileSync(file("README.md"), "ours");
  mkdirSync(file(".git"));
  await store.activate(vendorsDoNotProgram(), ADA, "less");
  expect(readdirSync(join(data, "policies"))).toEqual(
    expect.arrayContaining(["README.md", ".git"]),
  );
});

test("a history that was altered is not decided with, and without any a start is refused", async () => {
  const store = await open();
  store.close();
  const path = join(data, "policy-history", "000001.json");
  writeFileSync(path, readFileSync(path, "utf8").replace("Engineers hold", "Everybody holds"));
  expect(() => PolicyHistory.open(join(data, "policy-history")).sources(1)).toThrow(/altered/);
  await expect(open()).rejects.toThrow(PoliciesUnusable);
});

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 100 && !holds(); n++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}
