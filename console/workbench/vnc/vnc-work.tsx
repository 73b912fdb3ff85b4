/** A live session on a screen. */
import "./vnc.css";
import { useState } from "react";
import { SessionFrame } from "../session-frame.tsx";
import type { SessionState } from "../session-state.ts";
import type { WorkbenchProps } from "../workbench-props.ts";
import { PanelDesk } from "./panel-desk.ts";
import { PanelView } from "./panel-view.tsx";

/** Asked for by the address of a session, its view says what the profile permits. */
const NOTHING = { keys: [], clipboard: [] } as const;

export function VncWork({ view }: WorkbenchProps) {
  const [desk] = useState(() => new PanelDesk());
  // What the session began with is what its grant gives.
  const [granted] = useState(view.capabilities);
  const [reach] = useState(view.vnc ?? NOTHING);
  return (
    <SessionFrame view={view} desk={desk}>
      {(state: SessionState) => (
        <PanelView desk={desk} state={state} assetName={view.asset.name} {...{ granted, reach }} />
      )}
    </SessionFrame>
  );
}
