/** Sessions on one asset that were opened together: what a person does to one is done to all. */
import type { EndReport, LiveSession, SessionHost } from "../../sessions/session.ts";
import { ApiRefused } from "../problem.ts";
import { isOwner } from "./visible-session.ts";

type Sessions = Pick<SessionHost, "get" | "list">;
type Viewer = Parameters<typeof isOwner>[1];

/** Tabs of one page; more is no visit. */
const MEMBERS_MAX = 12;

/** The first session of the visit, by whose id the others name it. */
export function visitOf({ claims }: Pick<LiveSession, "claims">): string {
  return claims.visit ?? claims.session;
}

/** Those of its visit that are live, itself first. */
export function membersOf(sessions: Sessions, session: LiveSession): readonly LiveSession[] {
  const visit = visitOf(session);
  const others = sessions
    .list()
    .filter((each) => visitOf(each) === visit && each.claims.session !== session.claims.session);
  return [session, ...others];
}

/** What cutting several came to. */
export function together(reports: readonly EndReport[]): EndReport {
  return {
    cutMicroseconds: reports.reduce((sum, each) => sum + each.cutMicroseconds, 0),
    droppedOperations: reports.reduce((sum, each) => sum + each.droppedOperations, 0),
  };
}

/**
 * The visit that a session on this endpoint may join.
 * @param beside a session of it
 * @throws ApiRefused visit-over, visit-full
 */
export function joined(
  sessions: Sessions,
  beside: string,
  endpointId: string,
  viewer: Viewer,
): string {
  const session = sessions.get(beside);
  const asset = endpointId.split("/")[0];
  if (!session || !isOwner(session, viewer) || session.claims.asset.id !== asset) throw visitOver();
  if (membersOf(sessions, session).length >= MEMBERS_MAX) {
    const message = `A visit has ${MEMBERS_MAX} sessions at most: end it and open it again.`;
    throw new ApiRefused(409, "visit-full", message);
  }
  return visitOf(session);
}

export function visitOver(): ApiRefused {
  const message = "This visit has ended, or it is on another asset: open the endpoint by itself.";
  return new ApiRefused(409, "visit-over", message);
}
