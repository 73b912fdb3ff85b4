import { endpoint } from "../endpoint.ts";
import { integrationsSchema } from "../shapes/integrations.ts";
import { integrationView } from "./integration-view.ts";
import type { IntegrationsAsked } from "./test-integration.ts";

export function listIntegrations(integrations: IntegrationsAsked) {
  return endpoint({
    summary: "Where notices and events go, and how that goes",
    answer: integrationsSchema,
    handle: async () => ({
      configured: integrations.configured,
      problem: integrations.problem ?? null,
      integrations: (await integrations.list()).map(integrationView),
    }),
  });
}
