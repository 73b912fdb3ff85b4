/**
 * `sallyport policy rollback`: back to the version before, for people on the host who cannot get
 * into the console any more. With the broker stopped it is written to the site's events here;
 * a running broker takes the files over within seconds and writes the event itself.
 */
import { checkPolicies } from "../access/policies/check-policies.ts";
import { PolicyHistory } from "../access/policies/policy-history.ts";
import { folderOf, historyOf, writeSources } from "../access/policies/policy-store.ts";
import type { Config } from "../config.ts";
import { describePolicyProblem, type PolicyProblem } from "../policy/policy-set.ts";
import { openSiteStore } from "../site-store.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import type { Store } from "../store/store.ts";
import { StoreInUse } from "../store/store-failed.ts";
import { withPoliciesOnHost } from "./policies-on-host.ts";

/** Cannot be done, with what to do instead. */
export class RollbackRefused extends Error {
  override readonly name = "RollbackRefused";
}

/** @param to the version; the one before the set in force if it is left out @returns what was done */
export async function rollbackPolicies(config: Config, to?: number): Promise<string> {
  const folder = prepareDataFolder(config.dataFolder);
  const store = await openSiteStore(config).catch((error) => {
    if (error instanceof StoreInUse) return undefined;
    throw error;
  });
  if (!store) return besideBroker(folder, to);
  try {
    return await inPlaceOfBroker(folder, store, to);
  } finally {
    await store.close();
  }
}

function inPlaceOfBroker(folder: string, store: Store, to?: number): Promise<string> {
  return withPoliciesOnHost(folder, store, async (policies, by) => {
    const target = to ?? policies.before()?.sequence;
    if (target === undefined) throw nothingBefore();
    requireVersion(policies.versions(), target);
    const done = await policies.rollback(by, target);
    if (done.kind === "refused") {
      throw refused(target, [...done.checked.problems, ...done.checked.failures]);
    }
    return `Version ${target} of the policies is in force again. This was noted as an alarm.`;
  });
}

function besideBroker(folder: string, to?: number): string {
  const past = PolicyHistory.open(historyOf(folder));
  const target = to ?? past.before(past.last?.digest ?? "")?.sequence;
  if (target === undefined) throw nothingBefore();
  requireVersion(past.versions(), target);
  const sources = past.sources(target);
  const { valid, problems, failures } = checkPolicies(sources, { administrators: [], site: "" });
  if (!valid) throw refused(target, [...problems, ...failures]);
  writeSources(folderOf(folder), sources);
  return (
    `The files of version ${target} are in place. The broker is running: ` +
    "it takes them over within a few seconds and notes it as an alarm."
  );
}

function requireVersion(versions: readonly { readonly sequence: number }[], to: number): void {
  if (versions.some(({ sequence }) => sequence === to)) return;
  throw new RollbackRefused(`there is no version ${to} of the policies`);
}

function nothingBefore(): RollbackRefused {
  return new RollbackRefused("there is no earlier version of the policies");
}

function refused(version: number, problems: readonly PolicyProblem[]): RollbackRefused {
  const [first] = problems;
  const why = first ? describePolicyProblem(first) : "they cannot be used";
  return new RollbackRefused(`version ${version} cannot come into force: ${why}`);
}
