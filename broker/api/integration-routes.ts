/** Routes of what goes out to other systems. Part of `route-table.ts`. */
import type { SiteEvents } from "../store/site-events.ts";
import { approveBaseline, baselineOptions } from "./baseline/approve-baseline.ts";
import { type BaselineGround, showBaseline } from "./baseline/show-baseline.ts";
import { listIntegrations } from "./integrations/list-integrations.ts";
import { type IntegrationsAsked, testIntegration } from "./integrations/test-integration.ts";
import { guarded, open, type Route, transmitted } from "./route.ts";
import { liftDemand } from "./signals/lift-demand.ts";
import { listSignals, type SignalGround } from "./signals/list-signals.ts";
import { showSignalKeys, showStreamConfiguration, takeSignal } from "./signals/take-signal.ts";

export interface IntegrationRouteParts {
  readonly integrations: IntegrationsAsked;
  readonly signals: SignalGround;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly baselines: BaselineGround["baselines"];
}

export function integrationRoutes(parts: IntegrationRouteParts): readonly Route[] {
  const { integrations, signals, siteLog } = parts;
  const right = "integration:manage";
  return [
    guarded("GET", "/api/integrations", right, listIntegrations(integrations)),
    guarded("POST", "/api/integrations/:id/test", right, testIntegration(integrations, siteLog)),
    guarded("GET", "/api/signals", right, listSignals(signals)),
    guarded("GET", "/api/baseline", right, showBaseline(parts)),
    guarded("POST", "/api/baseline/options", "policy:change", baselineOptions(parts)),
    guarded("POST", "/api/baseline", "policy:change", approveBaseline(parts)),
    guarded("POST", "/api/signals/lifting", "lock:lift", liftDemand(signals)),
    transmitted("/api/signals", takeSignal(signals)),
    open("GET", "/.well-known/ssf-configuration", showStreamConfiguration(signals)),
    open("GET", "/api/signals/keys", showSignalKeys(signals)),
  ];
}
