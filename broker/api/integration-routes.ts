/** Routes of what goes out to other systems. Part of `route-table.ts`. */
import type { SiteEvents } from "../store/site-events.ts";
import { listIntegrations } from "./integrations/list-integrations.ts";
import { type IntegrationsAsked, testIntegration } from "./integrations/test-integration.ts";
import { guarded, type Route } from "./route.ts";

export interface IntegrationRouteParts {
  readonly integrations: IntegrationsAsked;
  readonly siteLog: Pick<SiteEvents, "record">;
}

export function integrationRoutes({
  integrations,
  siteLog,
}: IntegrationRouteParts): readonly Route[] {
  const right = "integration:manage";
  return [
    guarded("GET", "/api/integrations", right, listIntegrations(integrations)),
    guarded("POST", "/api/integrations/:id/test", right, testIntegration(integrations, siteLog)),
  ];
}
