/** A live session on a web panel: opens it in a tab of its own, and shows what became of each request. */
import "./web.css";
import { useState } from "react";
import { browserClock } from "../clock.ts";
import { SessionFrame } from "../session-frame.tsx";
import type { WorkbenchProps } from "../workbench-props.ts";
import { OpenPanel } from "./open-panel.tsx";
import { RefusalsDesk } from "./refusals-desk.ts";
import { RefusedList } from "./refused-list.tsx";
import { RequestList } from "./request-list.tsx";

export function WebWork({ view }: WorkbenchProps) {
  const [desk] = useState(() => new RefusalsDesk(() => browserClock.wallMs()));
  return (
    <SessionFrame view={view} desk={desk}>
      {(state) => (
        <div className="wp-parts">
          <OpenPanel session={view.id} classes={state.classes} />
          <RefusedList desk={desk} />
          <RequestList session={view.id} />
        </div>
      )}
    </SessionFrame>
  );
}
