import type { Consent } from "../../access/consents.ts";
import type { ConsentView } from "../shapes/consents.ts";

/** @param viewer id of the person who looks */
export function consentView(consent: Consent, viewer: string): ConsentView {
  const { id, state, person, endpoint, assetName, grant, askedMs, untilMs, by, reason } = consent;
  return {
    ...{ id, state, endpoint, assetName, askedMs, untilMs, by, reason },
    person: { id: person.id, name: person.name, employer: person.employer },
    ...{ grant: grant.id, profile: grant.profile, purpose: grant.reason },
    mayAnswer: person.id !== viewer,
  };
}
