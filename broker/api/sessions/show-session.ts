import type { Recorder } from "../../evidence/recorder.ts";
import type { Profile } from "../../plant/model.ts";
import { sshReach } from "../../policy/ssh-reach.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint as route } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { nodeTagViews, tagViews } from "../plant/plant-view.ts";
import { type LiveSessionView, liveSessionSchema } from "../shapes/sessions.ts";
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
      const { endpoint, profile } = session.claims;
      return {
        ...sessionView(session, call.me.person.id, recorderView(recorder)),
        tags: tagViews(endpoint, profile),
        ...(endpoint.protocol === "opcua" && {
          opcua: { tags: nodeTagViews(endpoint, profile) },
        }),
        ...(endpoint.protocol === "ssh" && { ssh: sshView(profile) }),
      };
    },
  });
}

function sshView(profile: Profile): NonNullable<LiveSessionView["ssh"]> {
  const { commands, files, ...rest } = sshReach(profile);
  return { ...rest, commands: [...commands], files: [...files] };
}
