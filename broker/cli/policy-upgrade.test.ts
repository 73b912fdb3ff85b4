import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEFAULT_POLICIES } from "../../test/kit/policies.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { DefaultRights } from "../access/policies/default-rights.ts";
import { readPolicyFolder } from "../access/policies/policy-folder.ts";
import { PolicyStore, writeSources } from "../access/policies/policy-store.ts";
import { systemClock } from "../clock.ts";
import { type Config, readConfig } from "../config.ts";
import type { PolicyFile } from "../policy/policy-set.ts";
import { openStore } from "../store/store.ts";
import { UpgradeRefused, upgradePolicies } from "./policy-upgrade.ts";

const TESTS: PolicyFile = {
  name: "own.tests.yaml",
  text: `tests:
  - { name: mend, who: { roles: [administrator] }, what: policy:change, expect: permit }
`,
};

/** A site whose policies are older than alarms and shared recordings. */
async function olderSite(tests = TESTS): Promise<Config> {
  const config = readConfig({ SALLYPORT_DATA: temporaryFolder() });
  const folder = join(config.dataFolder, "policies");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const policies = readPolicyFolder(DEFAULT_POLICIES).filter(({ name }) => /cedar$/.test(name));
  const older = policies.map(({ name, text }) => ({
    name,
    text: text
      .replaceAll(/,\s*Action::"(alarm:\w+|recording:share)"/g, "")
      .replaceAll(/Action::"alarm:\w+",\s*/g, ""),
  }));
  writeSources(folder, [...older, tests]);
  const store = await openStore({ path: join(config.dataFolder, "sallyport.db") });
  await withPolicies(config, async () => undefined);
  await store.close();
  return config;
}

async function withPolicies<T>(config: Config, use: (policies: PolicyStore) => Promise<T>) {
  const policies = await PolicyStore.open({
    ...{ dataFolder: config.dataFolder, defaults: DEFAULT_POLICIES, clock: systemClock },
    ...{ site: "nord", administrators: async () => [], note: () => undefined },
  });
  try {
    return await use(policies);
  } finally {
    policies.close();
  }
}

function missing(config: Config) {
  return withPolicies(config, async (policies) =>
    new DefaultRights(policies, DEFAULT_POLICIES).missing(),
  );
}

test("what is missing is shown, and nothing is changed by looking", async () => {
  const config = await olderSite();
  const before = readPolicyFolder(join(config.dataFolder, "policies"));
  const said = await upgradePolicies(config, false);
  expect(said).toContain("No policy of this site speaks of recording:share, alarm:acknowledge,");
  expect(said).toContain('+   action in [Action::"alarm:acknowledge", Action::"alarm:shelve"],');
  expect(said).toContain("Nothing was changed.");
  expect(readPolicyFolder(join(config.dataFolder, "policies"))).toEqual(before);
});

test("told to, it adds them as a version of their own; then nothing is missing", async () => {
  const config = await olderSite();
  expect((await missing(config)).rights).toHaveLength(3);
  const said = await upgradePolicies(config, true);
  expect(said).toMatch(/Version \d+ is in force/);
  expect((await missing(config)).rights).toEqual([]);
  const store = await openStore({ path: join(config.dataFolder, "sallyport.db") });
  const [event] = await store.log.list({ limit: 1 });
  expect(event).toMatchObject({ kind: "policy:changed", priority: "alarm" });
  expect(event?.text).toContain("recording:share");
  await store.close();
  expect(await upgradePolicies(config, true)).toMatch(/speak of every right/);
});

test("a set whose own tests forbid it stays as it is", async () => {
  const text = `${TESTS.text}  - { name: none, who: { roles: [auditor] }, what: recording:share, expect: deny }\n`;
  const config = await olderSite({ ...TESTS, text });
  const before = readPolicyFolder(join(config.dataFolder, "policies"));
  await expect(upgradePolicies(config, true)).rejects.toBeInstanceOf(UpgradeRefused);
  expect(readPolicyFolder(join(config.dataFolder, "policies"))).toEqual(before);
});

test("beside a running broker the file is put in place, and the broker takes it over", async () => {
  const config = await olderSite();
  const store = await openStore({ path: join(config.dataFolder, "sallyport.db") });
  expect(await upgradePolicies(config, true)).toContain("The broker is running");
  const added = join(config.dataFolder, "policies", "added-defaults-1.cedar");
  expect(readFileSync(added, "utf8")).toContain('Action::"recording:share"');
  expect((await missing(config)).rights).toEqual([]);
  await store.close();
});

test("who runs the site is told at the start and again when the set misses something else", async () => {
  const config = await olderSite();
  await withPolicies(config, async (policies) => {
    const told: string[] = [];
    const defaults = new DefaultRights(policies, DEFAULT_POLICIES);
    const stop = defaults.watch((rights) => told.push(rights.join(" ")));
    expect(told).toEqual(["recording:share alarm:acknowledge alarm:shelve"]);
    const now = policies.sources(policies.version().sequence);
    const forbidden: PolicyFile = {
      name: "no-sharing.cedar",
      text: '@id("no-sharing") @reason("Nobody shares.") forbid (principal, action == Action::"recording:share", resource);',
    };
    await policies.activate([...now, forbidden], { id: null, name: "Ada" }, "no sharing");
    expect(told.at(-1)).toBe("alarm:acknowledge alarm:shelve");
    stop();
  });
  writeFileSync(join(config.dataFolder, "policies", "ignored.txt"), "");
});
