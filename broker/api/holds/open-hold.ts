/** Finds a hold for whoever may answer it, and says what exactly is signed. */
import type { JsonValue } from "../../../protocols/log/canonical-json.ts";
import type { ActionContent } from "../../identity/signed-actions.ts";
import type { Hold } from "../../sessions/hold.ts";
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import type { Call } from "../endpoint.ts";
import { ApiRefused, notFound } from "../problem.ts";
import type { HoldAnswerBody, HoldView } from "../shapes/holds.ts";

export interface HoldOfSession {
  readonly session: LiveSession;
  readonly hold: Hold;
}

/** Who asks: a person, and where they may answer. */
export type Answerer = Pick<Call<unknown, unknown, unknown>, "me" | "mayAt">;

export function* allHolds(sessions: SessionHost): Iterable<HoldOfSession> {
  for (const session of sessions.list()) {
    for (const hold of session.holds) yield { session, hold };
  }
}

/** @throws ApiRefused not-found, not-allowed (who asked never answers) */
export function openHold(
  sessions: SessionHost,
  id: string,
  { me, mayAt }: Answerer,
): HoldOfSession {
  const found = [...allHolds(sessions)].find(({ hold }) => hold.id === id);
  if (!found || !mayAt("hold:answer", found.session.claims.asset.id)) throw notFound();
  if (found.session.claims.subject.id !== me.person.id) return found;
  throw new ApiRefused(403, "not-allowed", "You asked for this yourself: somebody else answers.");
}

export function holdView({ session, hold }: HoldOfSession, viewer: string): HoldView {
  const { id, state, rule, reason, changes, untilMs, why } = hold;
  const { subject, asset, endpoint, profile } = session.claims;
  return {
    ...{ id, state, rule, reason, untilMs, why },
    changes: changes.map((change) => ({ ...change })),
    session: session.claims.session,
    subject: { id: subject.id, name: subject.name },
    asset: { id: asset.id, name: asset.name },
    endpoint: `${asset.id}/${endpoint.id}`,
    profile: profile.id,
    mayAnswer: subject.id !== viewer,
  };
}

/** All that the answer is for. A value that changes here makes the signature worthless. */
export function contentOf(
  { session, hold }: HoldOfSession,
  { answer, minutes }: HoldAnswerBody,
): ActionContent {
  const { subject, asset, endpoint } = session.claims;
  return {
    ...{ answer, minutes: minutes ?? null, hold: hold.id, rule: hold.rule },
    ...{ session: session.claims.session, subject: subject.id, untilMs: hold.untilMs },
    endpoint: `${asset.id}/${endpoint.id}`,
    operations: hold.operations.map((operation) => plain({ ...operation })),
    current: hold.current.map((values) => [...values]),
    changes: hold.changes.map((change) => ({ ...change })),
  };
}

/** Bytes as hex, and without the key that only recording needs. */
function plain(operation: object): JsonValue {
  const given = Object.entries<unknown>({ ...operation })
    .filter(([name, value]) => name !== "key" && value !== undefined)
    .map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    ]);
  return Object.fromEntries(given) as JsonValue;
}
