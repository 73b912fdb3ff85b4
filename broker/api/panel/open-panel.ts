import { z } from "zod";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { isOwner, visibleSession } from "../sessions/visible-session.ts";
import { panelRequestsSchema } from "../shapes/panel.ts";
import type { PanelServer } from "./panel-server.ts";

export type Panels = Pick<PanelServer, "admit" | "requestsOf">;

export function openPanel(sessions: SessionHost, panels: Panels | undefined) {
  return endpoint({
    summary: "An address that opens the web panel of one's own session, once and at once",
    params: idParameter,
    body: emptyBody,
    answer: z.object({ address: z.string() }),
    handle: (call) => {
      const session = visibleSession(sessions, call.params.id, call, "session:list");
      if (!isOwner(session, call) || session.claims.endpoint.protocol !== "web") throw notFound();
      if (!panels) throw noPanels();
      const { userAgent } = call.browser;
      return { address: panels.admit(session, call.me.signIn.id, userAgent) };
    },
  });
}

export function listPanelRequests(sessions: SessionHost, panels: Panels | undefined) {
  return endpoint({
    summary: "What the browser asked of the web panel lately, in one's own session",
    params: idParameter,
    answer: panelRequestsSchema,
    handle: (call) => {
      const session = visibleSession(sessions, call.params.id, call, "session:list");
      if (!isOwner(session, call)) throw notFound();
      return { requests: [...(panels?.requestsOf(session.claims.session) ?? [])] };
    },
  });
}

function noPanels(): ApiRefused {
  const message =
    "This broker opens no web panels: set SALLYPORT_PANEL_HOST, and a SALLYPORT_PANEL_PORT.";
  return new ApiRefused(409, "no-panels", message);
}
