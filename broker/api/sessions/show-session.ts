import type { Recorder } from "../../evidence/recorder.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint as route } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { liveSessionSchema } from "../shapes/sessions.ts";
import { reachView } from "./reach-view.ts";
import { recorderView } from "./recorder-view.ts";
import { sessionView } from "./session-view.ts";
import { visibleSession } from "./visible-session.ts";

export function showSession(sessions: SessionHost, recorder: Pick<Recorder, "state">) {
  return route({
    summary: "A live session: one's own, or any with `session:list`",
    params: idParameter,
    answer: liveSessionSchema,
    handle: (call) => {
      const session = visibleSession(sessions, call.params.id, call, "session:list");
      return {
        ...sessionView(session, call.me.person.id, recorderView(recorder)),
        ...reachView(session),
      };
    },
  });
}
