/**
 * `sallyport policy upgrade`: what the policies that Sallyport comes with say about rights that a
 * site's own, older set never speaks of; with `--apply` it is added as a file of its own, by the
 * same checks as any change. With the broker stopped it is in force at once; a running broker
 * takes the file over within seconds.
 */
import { join } from "node:path";
import { checkPolicies } from "../access/policies/check-policies.ts";
import { type PolicySources, readPolicyFolder } from "../access/policies/policy-folder.ts";
import { folderOf, writeSources } from "../access/policies/policy-store.ts";
import type { Config } from "../config.ts";
import { DEFAULT_POLICIES } from "../open-policies.ts";
import { missingDefaults } from "../policy/missing-defaults.ts";
import { describePolicyProblem, type PolicyFile } from "../policy/policy-set.ts";
import { openSiteStore } from "../site-store.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import { StoreInUse } from "../store/store-failed.ts";
import { withPoliciesOnHost } from "./policies-on-host.ts";

/** The set would not pass; nothing was changed. */
export class UpgradeRefused extends Error {
  override readonly name = "UpgradeRefused";
}

/** @returns what is missing and what was done, for the terminal */
export async function upgradePolicies(config: Config, apply: boolean): Promise<string> {
  const folder = prepareDataFolder(config.dataFolder);
  const site = readPolicyFolder(folderOf(folder));
  const { rights, file } = missingDefaults(site, readPolicyFolder(DEFAULT_POLICIES));
  if (!file) return "The policies of this site speak of every right there is.";
  const shown = difference(rights, file);
  if (!apply) return `${shown}\nNothing was changed. To add it: sallyport policy upgrade --apply`;
  return `${shown}\n${await add(config, [...site, file], rights)}`;
}

function difference(rights: readonly string[], file: PolicyFile): string {
  const lines = file.text.trimEnd().split("\n");
  return [
    `No policy of this site speaks of ${rights.join(", ")}: nobody holds it.`,
    ...[`+++ ${join("policies", file.name)}`, ...lines.map((line) => `+ ${line}`.trimEnd())],
  ].join("\n");
}

async function add(
  config: Config,
  sources: PolicySources,
  rights: readonly string[],
): Promise<string> {
  const folder = config.dataFolder;
  const store = await openSiteStore(config).catch((error) => {
    if (error instanceof StoreInUse) return undefined;
    throw error;
  });
  if (!store) return besideBroker(folder, sources);
  try {
    const note = `rights that are new: ${rights.join(", ")}`;
    return await withPoliciesOnHost(folder, store, async (policies, by) => {
      const done = await policies.activate(sources, by, note);
      if (done.kind === "refused") throw refused(done.checked);
      return `Version ${done.version.sequence} is in force. This was noted as an alarm.`;
    });
  } finally {
    await store.close();
  }
}

function besideBroker(folder: string, sources: PolicySources): string {
  const checked = checkPolicies(sources, { administrators: [], site: "" });
  if (!checked.valid) throw refused(checked);
  writeSources(folderOf(folder), sources);
  return (
    "The file is in place. The broker is running: it takes it over within a few seconds and " +
    "notes it as an alarm."
  );
}

function refused({ problems, failures }: ReturnType<typeof checkPolicies>): UpgradeRefused {
  const [first] = [...problems, ...failures];
  const why = first ? describePolicyProblem(first) : "it cannot be used";
  return new UpgradeRefused(`With it the policies could not come into force: ${why}`);
}
