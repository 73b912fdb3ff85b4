/** Routes about what the plant is, and how it is changed. Part of `route-table.ts`. */
import type { PlantConfirmation } from "../access/plant-confirmation.ts";
import type { ReachDesk } from "../sessions/reach-desk.ts";
import type { SessionHost } from "../sessions/session.ts";
import type { SiteEvents } from "../store/site-events.ts";
import { confirmPlantChange, plantChangeOptions, showPlantChange } from "./plant/plant-change.ts";
import {
  checkPlantText,
  importIntoPlant,
  showPlantFile,
  showPlantVersion,
} from "./plant/plant-file.ts";
import {
  applyPlan,
  cancelPlan,
  type PlantPlanGround,
  planOptions,
  planPlant,
  showPlan,
  withdrawPlantChange,
} from "./plant/plant-plans.ts";
import type { PlantAccess, PlantLive, PlantShown } from "./plant/plant-view.ts";
import { lookForEndpoints, showReachability } from "./plant/reachability.ts";
import { showAssetTags, showPlant, showPlantState } from "./plant/show-plant.ts";
import { forCommands, forTokens, guarded, type Route } from "./route.ts";

export interface PlantRouteParts extends PlantPlanGround {
  readonly plantConfirmation: PlantConfirmation;
  readonly reach: ReachDesk;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly plant: PlantShown;
  readonly access: PlantPlanGround["access"] & PlantAccess;
  readonly sessions: Pick<SessionHost, "list">;
  readonly gateways: { linkOf: PlantLive["gatewayOf"] } | undefined;
}

/** For everybody who may see any of it. */
export function plantViewRoutes({
  plant,
  access,
  sessions,
  gateways,
}: PlantRouteParts): readonly Route[] {
  const gatewayOf: PlantLive["gatewayOf"] = (name) => gateways?.linkOf(name);
  const view = showPlant(plant, access, sessions, gatewayOf);
  const state = showPlantState(plant, access, sessions, gatewayOf);
  const tags = showAssetTags(plant, access);
  return [
    forTokens(forCommands(guarded("GET", "/api/plant", "plant:view", view))),
    forTokens(guarded("GET", "/api/plant/state", "plant:view", state)),
    forTokens(guarded("GET", "/api/assets/:id/tags", "plant:view", tags)),
  ];
}

export function plantRoutes(parts: PlantRouteParts): readonly Route[] {
  const { plantConfirmation, plantFile, reach, siteLog } = parts;
  const [change, file, plan] = ["/api/plant-change", "/api/plant-file", "/api/plant-plans"];
  const right = "plant:change";
  return [
    guarded("GET", change, right, showPlantChange(plantConfirmation, plantFile)),
    guarded("POST", `${change}/options`, right, plantChangeOptions(plantConfirmation)),
    guarded("POST", change, right, confirmPlantChange(plantConfirmation)),
    guarded("POST", `${change}/withdrawal`, right, withdrawPlantChange(parts)),

    guarded("GET", file, right, showPlantFile(plantFile, parts)),
    guarded("GET", `${file}/versions/:id`, right, showPlantVersion(plantFile)),
    guarded("POST", `${file}/check`, right, checkPlantText(plantFile)),
    guarded("POST", `${file}/import`, right, importIntoPlant(plantFile)),

    guarded("GET", "/api/reachability", right, showReachability(reach)),
    guarded("POST", "/api/reachability", right, lookForEndpoints(reach, siteLog)),

    forCommands(guarded("POST", plan, right, planPlant(parts))),
    forCommands(guarded("GET", `${plan}/:id`, right, showPlan(parts))),
    forCommands(guarded("DELETE", `${plan}/:id`, right, cancelPlan(parts))),
    guarded("POST", `${plan}/:id/options`, right, planOptions(parts)),
    guarded("POST", `${plan}/:id/application`, right, applyPlan(parts)),
  ];
}
