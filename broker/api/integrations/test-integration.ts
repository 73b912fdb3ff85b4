import type { Integrations } from "../../integrations/integrations.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { notFound } from "../problem.ts";
import { integrationTestSchema } from "../shapes/integrations.ts";

export type IntegrationsAsked = Pick<Integrations, "list" | "test" | "configured" | "problem">;

export function testIntegration(
  integrations: IntegrationsAsked,
  siteLog: Pick<SiteEvents, "record">,
) {
  return endpoint({
    summary: "Send one harmless message to an integration, past its queue",
    params: idParameter,
    answer: integrationTestSchema,
    handle: async ({ me, params }) => {
      const result = await integrations.test(params.id, me.person.email);
      if (!result) throw notFound();
      const how = result.error === null ? "it was taken" : `it failed: ${result.error}`;
      await siteLog.record({
        kind: "integration:tested",
        priority: "event",
        text: `${me.person.name} sent a test to the integration ${params.id}; ${how}`,
        subject: me.person.id,
        about: { integration: params.id },
      });
      return result;
    },
  });
}
