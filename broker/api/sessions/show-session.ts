import type { Recorder } from "../../evidence/recorder.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { tagViews } from "../plant/plant-view.ts";
import { liveSessionSchema } from "../shapes/sessions.ts";
import { recorderView } from "./recorder-view.ts";
import { sessionView } from "./session-view.ts";
import { visibleSession } from "./visible-session.ts";

export function showSession(sessions: SessionHost, recorder: Pick<Recorder, "state">) {
  return endpoint({
    summary: "A live session: one's own, or any with `session:list`",
    params: idParameter,
    answer: liveSessionSchema,
    handle: (call) => {
      const session = visibleSession(sessions, call.params.id, call, "session:list");
      return {
        ...sessionView(session, call.me.person.id, recorderView(recorder)),
        tags: tagViews(session.claims.endpoint, session.claims.profile),
      };
    },
  });
}
