/** What a session's profile lets be done on its endpoint, for the workbench of its protocol. */
import type { Profile, VncEndpoint } from "../../plant/model.ts";
import { sshReach } from "../../policy/ssh-reach.ts";
import { vncReach } from "../../policy/vnc-reach.ts";
import type { LiveSession } from "../../sessions/session.ts";
import { nodeTagViews, tagViews } from "../plant/plant-view.ts";
import type { LiveSessionView } from "../shapes/sessions.ts";

type ReachView = Pick<LiveSessionView, "tags" | "opcua" | "ssh" | "vnc">;

/** Where one session alone is told of: a list of them would be large. */
export function reachView({ claims }: Pick<LiveSession, "claims">): ReachView {
  const { endpoint, profile } = claims;
  return {
    tags: tagViews(endpoint, profile),
    ...(endpoint.protocol === "opcua" && { opcua: { tags: nodeTagViews(endpoint, profile) } }),
    ...(endpoint.protocol === "ssh" && { ssh: sshView(profile) }),
    ...(endpoint.protocol === "vnc" && { vnc: vncView(profile, endpoint) }),
  };
}

function vncView(profile: Profile, endpoint: VncEndpoint): NonNullable<LiveSessionView["vnc"]> {
  const { keys, clipboard } = vncReach(profile, endpoint);
  return { keys: [...keys], clipboard: [...clipboard] };
}

function sshView(profile: Profile): NonNullable<LiveSessionView["ssh"]> {
  const { commands, files, ...rest } = sshReach(profile);
  return { ...rest, commands: [...commands], files: [...files] };
}
