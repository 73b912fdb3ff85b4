import { z } from "zod";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import { isOwner, visibleSession } from "./visible-session.ts";

/** Why it ended, shown to its owner. */
const reason = z.string().trim().max(500).default("");

export function endSession(sessions: SessionHost) {
  return endpoint({
    summary: "End a session at once: one's own, or any with `session:end`",
    params: idParameter,
    body: z.strictObject({ reason }),
    answer: z.object({ cutMicroseconds: z.number(), droppedOperations: z.number() }),
    handle: async (call) => {
      const session = visibleSession(sessions, call.params.id, call, "session:end");
      const by = call.me.person.id;
      const given = call.body.reason;
      if (isOwner(session, call)) {
        await session.readAfter();
        return session.end({ rule: "owner-ended", reason: given || "ended by its owner", by });
      }
      if (given === "") throw reasonMissing();
      return session.end({ rule: "cut", reason: `${call.me.person.name}: ${given}`, by });
    },
  });
}

function reasonMissing(): ApiRefused {
  return new ApiRefused(
    400,
    "invalid-request",
    "Say why you end this session: the person in it is told.",
  );
}
