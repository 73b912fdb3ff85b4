/**
 * What an approver signs: the request as it stands, the plant it is judged by, and the decision.
 * Made anew when the answer comes, so that nothing can have changed between reading and signing.
 */
import type { ActionContent } from "../identity/signed-actions.ts";
import { type AccessRequest, type Person, SESSION_NEEDS } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import { AccessRefused } from "./access.ts";
import type { Decision } from "./requests.ts";

const REASON_MAX = 300;

export function contentToSign(
  request: AccessRequest,
  people: { readonly person: Person; readonly requestedBy: Person },
  plantDigest: string,
  decision: Decision,
): ActionContent {
  const { person, requestedBy } = people;
  return {
    request: request.id,
    person: { id: person.id, name: person.name, employer: person.employer },
    requestedBy: { id: requestedBy.id, name: requestedBy.name },
    endpoints: [...request.endpoints],
    profile: request.profile,
    window: {
      fromMs: request.fromMs,
      untilMs: request.untilMs,
      durationMs: request.durationMs,
      weekly: request.weekly?.map((window) => ({ ...window })) ?? null,
    },
    sessionsMax: request.sessionsMax,
    moreTimeFor: request.grantId,
    reason: request.reason,
    ticket: request.ticket,
    plantDigest,
    decision: decision.decision,
    decisionReason: decision.reason,
    ...(decision.needs && { sessionsNeed: [...decision.needs] }),
  };
}

/** Made harmless and complete before it is signed. @throws AccessRefused input-invalid */
export function decisionFrom({ decision, reason, needs = [] }: Decision): Decision {
  const text = plainText(reason, REASON_MAX);
  if (decision === "refuse" && text === "") {
    throw new AccessRefused("input-invalid", "Say why you refuse: the person will read it.");
  }
  const asked = SESSION_NEEDS.filter((need) => needs.includes(need));
  if (decision === "refuse" || asked.length === 0) return { decision, reason: text };
  return { decision, reason: text, needs: asked };
}

/** Of a content that `contentToSign` made. */
export function decisionIn(content: ActionContent): Decision {
  const decision = content.decision === "approve" ? "approve" : "refuse";
  const reason = String(content.decisionReason);
  const { sessionsNeed } = content;
  if (!Array.isArray(sessionsNeed)) return { decision, reason };
  return { decision, reason, needs: SESSION_NEEDS.filter((need) => sessionsNeed.includes(need)) };
}
