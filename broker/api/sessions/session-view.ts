import type { LiveSession } from "../../sessions/session.ts";
import type { LiveSessionView } from "../shapes/sessions.ts";

/** @param viewer id of the person who looks */
export function sessionView(
  session: LiveSession,
  viewer: string,
  recorder: LiveSessionView["recorder"],
): LiveSessionView {
  const { claims } = session;
  return {
    id: claims.session,
    subject: { ...claims.subject, roles: [...claims.subject.roles] },
    asset: { ...claims.asset },
    site: claims.site.id,
    endpoint: `${claims.asset.id}/${claims.endpoint.id}`,
    protocol: claims.endpoint.protocol,
    ...(claims.visit !== undefined && { visit: claims.visit }),
    grant: claims.grant.id,
    profile: claims.profile.id,
    capabilities: [...session.capabilities],
    loss: session.loss ? { lost: [...session.loss.lost], cause: session.loss.cause } : null,
    startedMs: session.startedMs,
    lastActivityMs: session.lastActivityMs,
    untilMs: session.untilMs,
    idleMs: claims.limits.idleMs,
    recorder,
    frozen: session.frozenBy ?? null,
    conditions: session.conditions.map((condition) => ({ ...condition })),
    watchers: [...session.watchers],
    counts: { ...session.counts },
    mine: claims.subject.id === viewer,
  };
}
