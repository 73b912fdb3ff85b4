/**
 * Routes of the site log. Who runs the site sees that the log is well (`log:state`); what stands
 * in it is for auditors alone (`log:view`). Part of `route-table.ts`.
 */
import type { AuditLog } from "../evidence/audit/audit-log.ts";
import type { People } from "../identity/identity.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import { exportLog } from "./log/export-log.ts";
import { listLogEntries, showLogEntry } from "./log/list-entries.ts";
import { showCheckpoint, showConsistency, showLogChoices, showLogState } from "./log/show-log.ts";
import type { PlantShown } from "./plant/plant-view.ts";
import { guarded, type Route } from "./route.ts";
import type { LogStateView } from "./shapes/log.ts";

export interface LogRouteParts {
  readonly audit: AuditLog;
  readonly logState: () => Promise<LogStateView>;
  readonly identity: { readonly people: Pick<People, "list"> };
  readonly plant: Pick<PlantShown, "current">;
  readonly siteLog: { record(event: NewSiteEvent): Promise<unknown> };
}

export function logRoutes({
  audit,
  logState,
  identity: { people },
  plant,
  siteLog,
}: LogRouteParts): readonly Route[] {
  return [
    guarded("GET", "/api/log", "log:state", showLogState(logState)),
    guarded("GET", "/api/log/checkpoint", "log:state", showCheckpoint(audit)),
    guarded("GET", "/api/log/consistency", "log:state", showConsistency(audit)),
    guarded("GET", "/api/log/entries", "log:view", listLogEntries(audit, people, plant)),
    guarded("GET", "/api/log/entries/:id", "log:view", showLogEntry(audit, people)),
    guarded("GET", "/api/log/choices", "log:view", showLogChoices(audit, people, plant)),
    guarded("GET", "/api/log/export", "log:view", exportLog(audit, siteLog, plant)),
  ];
}
