import { reaches, type TokenScope } from "../../identity/token-scope.ts";
import type { Right } from "../../policy/rights.ts";
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import { notFound } from "../problem.ts";

interface Viewer {
  readonly me: { readonly person: { readonly id: string }; readonly scope?: TokenScope };
  mayAt(right: Right, assetId: string): boolean;
}

/**
 * The session with this id, for its owner and for who holds the right. An id is never enough.
 * @throws ApiRefused not-found, alike for sessions of others and for none
 */
export function visibleSession(
  sessions: SessionHost,
  id: string,
  viewer: Viewer,
  right: Right,
): LiveSession {
  const session = sessions.get(id);
  if (!session || !reaches(viewer.me, session.claims.asset.id)) throw notFound();
  if (!isOwner(session, viewer) && !viewer.mayAt(right, session.claims.asset.id)) throw notFound();
  return session;
}

export function isOwner(session: LiveSession, viewer: Pick<Viewer, "me">): boolean {
  return session.claims.subject.id === viewer.me.person.id;
}
