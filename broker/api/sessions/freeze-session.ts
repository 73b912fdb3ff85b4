import { z } from "zod";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import { isOwner, visibleSession } from "./visible-session.ts";
import { membersOf, together } from "./visit.ts";

/** The person in the session is told. */
const reason = z.string().trim().min(1).max(500);

export function freezeSession(sessions: SessionHost) {
  return endpoint({
    summary: "Let nothing above `observe` pass in a session and its visit until it is resumed",
    params: idParameter,
    body: z.strictObject({ reason }),
    answer: z.object({ cutMicroseconds: z.number(), droppedOperations: z.number() }),
    handle: (call) => {
      const session = visibleSession(sessions, call.params.id, call, "session:freeze");
      const { id: by, name } = call.me.person;
      const cause = { rule: "frozen", reason: `${name}: ${call.body.reason}`, by };
      return together(membersOf(sessions, session).map((each) => each.freeze(cause)));
    },
  });
}

export function resumeSession(sessions: SessionHost) {
  return endpoint({
    summary: "Let a frozen session go on; never one's own that somebody else froze",
    params: idParameter,
    body: z.strictObject({ reason }),
    handle: (call) => {
      const session = visibleSession(sessions, call.params.id, call, "session:freeze");
      const { id: by, name } = call.me.person;
      const { frozenBy } = session;
      if (!frozenBy) throw notFrozen();
      if (isOwner(session, call) && frozenBy.by !== by) throw notYours();
      const cause = { rule: "resumed", reason: `${name}: ${call.body.reason}`, by };
      for (const each of membersOf(sessions, session)) {
        if (each.frozenBy?.by === frozenBy.by) each.resume(cause);
      }
    },
  });
}

function notFrozen(): ApiRefused {
  return new ApiRefused(409, "not-frozen", "This session is not frozen: there is nothing to do.");
}

function notYours(): ApiRefused {
  return new ApiRefused(
    403,
    "not-allowed",
    "Somebody else froze your session: somebody else has to resume it.",
  );
}
