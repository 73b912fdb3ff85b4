/** A live session on an OPC UA endpoint. */
import "../modbus/modbus.css";
import "./opcua.css";
import { useState } from "react";
import { browserClock } from "../clock.ts";
import { nextPicture } from "../next-picture.ts";
import { SessionFrame } from "../session-frame.tsx";
import type { WorkbenchProps } from "../workbench-props.ts";
import { OpcUaDesk } from "./desk.ts";
import { OpcUaWorkbench } from "./workbench.tsx";

export function OpcUaWork({ view }: WorkbenchProps) {
  // The points a session began with stay: a table that changes under a hand is dangerous.
  const [desk] = useState(
    () =>
      new OpcUaDesk({
        ...{ clock: browserClock, frame: nextPicture },
        ...{ tags: view.opcua?.tags ?? [], endpoint: view.endpoint },
      }),
  );
  return (
    <SessionFrame view={view} desk={desk}>
      {(state) => <OpcUaWorkbench desk={desk} state={state} profile={view.profile} />}
    </SessionFrame>
  );
}
