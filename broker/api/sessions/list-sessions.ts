import { z } from "zod";
import type { Recorder } from "../../evidence/recorder.ts";
import { reaches } from "../../identity/token-scope.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { liveSessionSchema } from "../shapes/sessions.ts";
import { recorderView } from "./recorder-view.ts";
import { sessionView } from "./session-view.ts";
import { isOwner } from "./visible-session.ts";

export function listSessions(sessions: SessionHost, recorder: Pick<Recorder, "state">) {
  return endpoint({
    summary: "Live sessions: all with `session:list`, else one's own",
    answer: z.array(liveSessionSchema),
    handle: (call) =>
      sessions
        .list()
        .filter(({ claims }) => reaches(call.me, claims.asset.id))
        .filter(
          (session) =>
            isOwner(session, call) || call.mayAt("session:list", session.claims.asset.id),
        )
        .map((session) => sessionView(session, call.me.person.id, recorderView(recorder)))
        .sort((a, b) => b.startedMs - a.startedMs),
  });
}
