import type { IntegrationStanding } from "../../integrations/integrations.ts";
import type { Integration } from "../../integrations/model.ts";
import type { IntegrationView } from "../shapes/integrations.ts";

export function integrationView(standing: IntegrationStanding): IntegrationView {
  const { integration, state, waiting, deadLetters } = standing;
  const { name, purpose, via } = integration;
  return {
    ...{ name, purpose, form: via.form, place: placeOf(integration), waiting },
    about: integration.purpose === "siem" ? [] : [...integration.about],
    state: state.kind,
    ...{ succeededMs: state.succeededMs, error: state.error },
    ...{ failingSinceMs: state.failingSinceMs, nextTryMs: state.nextTryMs },
    deadLetters: deadLetters.map(({ id, kind, receiver, reason, atMs }) => ({
      ...{ id, kind, receiver, reason, atMs },
    })),
  };
}

/** A web address often is a secret; its host is not. */
function placeOf({ via }: Integration): string {
  if (via.form === "mail" || via.form === "syslog") return `${via.host}:${via.port}`;
  try {
    return new URL(via.url.read()).host;
  } catch {
    return via.url.from;
  }
}
