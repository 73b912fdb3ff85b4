/** What every live session shows, whatever protocol it speaks: the bar, what one must know, the end. */
import "./workbench.css";
import { type ReactNode, useEffect, useState } from "react";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { api } from "../components/api.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { sessionText as words } from "../text/session.ts";
import { visitText } from "../text/visit.ts";
import { text } from "../text.ts";
import { SessionBar } from "./session-bar.tsx";
import { SessionEnded } from "./session-ended.tsx";
import { SessionNotices } from "./session-notices.tsx";
import type { SessionState } from "./session-state.ts";
import { useMayReplay } from "./use-may-replay.ts";
import { type Desk, useSession } from "./use-session.ts";
import { useOthersOfVisit } from "./visit.tsx";

interface SessionFrameProps {
  readonly view: LiveSessionView;
  /** The protocol's side of the page: the same one for as long as the session is shown. */
  readonly desk: Desk;
  /** The workbench. */
  readonly children: (state: SessionState) => ReactNode;
}

export function SessionFrame({ view, desk, children }: SessionFrameProps) {
  const session = useSession(view, desk);
  const [ending, setEnding] = useState(false);
  const mayReplay = useMayReplay();
  const others = useOthersOfVisit();
  const { state } = session;
  useEffect(() => {
    document.title = `${view.asset.name} · ${text.product}`;
  }, [view.asset.name]);

  if (state.ended) {
    return (
      <SessionEnded session={view.id} asset={view.asset} mayReplay={mayReplay} {...state.ended} />
    );
  }
  return (
    <div className="wb-page">
      <SessionBar view={view} state={state} onEnd={() => setEnding(true)} />
      <SessionNotices
        state={state}
        onDismissLoss={session.dismissLoss}
        onDismissAnswer={session.dismissAnswer}
        onStay={session.activity}
        onRetry={session.retry}
      />
      {children(state)}
      <ConfirmDialog
        opened={ending}
        onClose={() => setEnding(false)}
        title={others > 0 ? visitText.endTitle : words.endTitle}
        action={others > 0 ? visitText.end : words.end}
        onConfirm={() => api.endSession(view.id, words.endReason)}
      >
        {others > 0 ? visitText.endBody(others) : words.endBody}
      </ConfirmDialog>
    </div>
  );
}
