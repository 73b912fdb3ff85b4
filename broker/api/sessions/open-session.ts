import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { Recorder } from "../../evidence/recorder.ts";
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { endpointText } from "../parameters.ts";
import { liveSessionSchema } from "../shapes/sessions.ts";
import { reachView } from "./reach-view.ts";
import { recorderView } from "./recorder-view.ts";
import { sessionView } from "./session-view.ts";
import { joined, membersOf, visitOver } from "./visit.ts";

export function openSession(
  access: Pick<Access<LiveSession>, "openSession">,
  recorder: Pick<Recorder, "state">,
  sessions: Pick<SessionHost, "get" | "list">,
) {
  return endpoint({
    summary: "Open a session on an endpoint; may ask for a fresh assertion first",
    body: z.strictObject({
      endpoint: endpointText,
      grant: z.string().min(1).max(100).exactOptional(),
      /** Where each session needs the control room's consent. */
      consent: z.string().min(1).max(100).exactOptional(),
      /** A live session of one's own on the same asset: both are then of one visit. */
      beside: z.string().min(1).max(100).exactOptional(),
    }),
    answer: liveSessionSchema,
    status: 201,
    handle: async ({ me, body }) => {
      const { beside, grant, consent } = body;
      const visit =
        beside === undefined ? undefined : joined(sessions, beside, body.endpoint, { me });
      const session = await access.openSession(me, body.endpoint, grant, consent, visit);
      if (visit !== undefined && membersOf(sessions, session).length < 2) {
        session.end({ rule: "visit-ended", reason: "the visit ended while it was opened" });
        throw visitOver();
      }
      const frozen = membersOf(sessions, session).find(({ frozenBy }) => frozenBy)?.frozenBy;
      if (frozen) session.freeze(frozen);
      // Its page attaches in a moment; if none ever does, the lease ends the session.
      session.ownerPresent(false);
      return {
        ...sessionView(session, me.person.id, recorderView(recorder)),
        ...reachView(session),
      };
    },
  });
}
