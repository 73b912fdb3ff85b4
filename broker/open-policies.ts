/** Opens the policies of the site and the one place that decides by them. */
import { join } from "node:path";
import { DecisionPoint } from "./access/decision-point.ts";
import { Demands } from "./access/demands.ts";
import { DefaultRights } from "./access/policies/default-rights.ts";
import { PolicyStore } from "./access/policies/policy-store.ts";
import type { Identity } from "./identity/identity.ts";
import type { Ground } from "./open-parts.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import { PACKAGE_FOLDER } from "./settings.ts";

/** What the first start puts into the data folder. */
export const DEFAULT_POLICIES = join(PACKAGE_FOLDER, "deploy/examples/policies");

export interface Policies {
  readonly policies: PolicyStore;
  readonly decisions: DecisionPoint;
  readonly demands: Demands;
  readonly defaultRights: DefaultRights;
}

/** @param siteState whether remote access is switched on at a site, and not locked */
export async function openPolicies(
  { config, clock, store, opened, noticed, board }: Ground,
  { identity, plant }: { readonly identity: Identity; readonly plant: PlantSource },
  siteState: (site: string) => { readonly open: boolean; readonly locked: boolean },
): Promise<Policies> {
  const policies = await PolicyStore.open({
    dataFolder: config.dataFolder,
    defaults: DEFAULT_POLICIES,
    clock,
    site: plant.current().site.id,
    administrators: async () => {
      const people = await identity.people.list();
      return people.filter(
        ({ roles, state }) => roles.includes("administrator") && state === "active",
      );
    },
    note: (event) => noticed.note(event),
  });
  const show = (problem: string | undefined) =>
    problem === undefined
      ? board.report("policies", "ok", "The files on disk are in force.")
      : board.report("policies", "attention", `Older policies are in force: ${problem}`);
  show(policies.problem());
  opened.push(policies.onProblem(show));
  opened.push(() => policies.close());
  const defaultRights = new DefaultRights(policies, DEFAULT_POLICIES);
  opened.push(
    defaultRights.watch((rights) =>
      noticed.note({
        kind: "policy:rights-unspoken",
        priority: "event",
        text: `No policy of this site speaks of ${rights.join(", ")}, which are newer than it: nobody holds them. \`sallyport policy upgrade\` on the host shows what the defaults say.`,
      }),
    ),
  );
  const demands = await Demands.open(store.queries, clock);
  const decisions = new DecisionPoint({
    ...{ policies, plant, clock, siteState, demands, devices: identity.deviceFacts },
    alarm: (text) => noticed.note({ kind: "policy:failed", priority: "alarm", text }),
  });
  return { policies, decisions, demands, defaultRights };
}
