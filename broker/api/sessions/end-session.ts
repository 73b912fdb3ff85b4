import { z } from "zod";
import type { Cause, LiveSession, SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { isOwner, visibleSession } from "./visible-session.ts";
import { membersOf, together } from "./visit.ts";

/** Why it ended, shown to its owner. */
const reason = z.string().trim().max(500).default("");

export function endSession(sessions: SessionHost) {
  return endpoint({
    summary: "End a session at once, and all of its visit: one's own, or any with `session:end`",
    params: idParameter,
    body: z.strictObject({ reason }),
    answer: z.object({ cutMicroseconds: z.number(), droppedOperations: z.number() }),
    handle: async (call) => {
      // One's own session is ended without this right; by a token only with it.
      if (call.me.scope && !call.rights.has("session:end")) throw notFound();
      const session = visibleSession(sessions, call.params.id, call, "session:end");
      const by = call.me.person.id;
      const given = call.body.reason;
      if (isOwner(session, call)) {
        await Promise.all(membersOf(sessions, session).map((each) => each.readAfter()));
        return endAll(sessions, session, {
          ...{ rule: "owner-ended", reason: given || "ended by its owner", by },
        });
      }
      if (given === "") throw reasonMissing();
      const reason = `${call.me.person.name}: ${given}`;
      return endAll(sessions, session, { rule: "cut", reason, by });
    },
  });
}

/** In one turn. */
function endAll(sessions: SessionHost, session: LiveSession, cause: Cause) {
  return together(membersOf(sessions, session).map((each) => each.end(cause)));
}

function reasonMissing(): ApiRefused {
  return new ApiRefused(
    400,
    "invalid-request",
    "Say why you end this session: the person in it is told.",
  );
}
