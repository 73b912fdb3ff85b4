/** A live session on a Modbus endpoint. */
import "./modbus.css";
import { useState } from "react";
import type { EndpointView } from "../../../broker/api/shapes/plant.ts";
import { browserClock } from "../clock.ts";
import { nextPicture } from "../next-picture.ts";
import { SessionFrame } from "../session-frame.tsx";
import type { WorkbenchProps } from "../workbench-props.ts";
import { ModbusDesk } from "./desk.ts";
import { ModbusWorkbench } from "./workbench.tsx";

/** What a session can still do without its endpoint's description: raw tables. */
const NAMELESS = { units: [1], tags: [], pollMinMs: 1_000, grants: [] } as const;

export function ModbusWork({ view, endpoint }: WorkbenchProps) {
  // The tags a session began with stay: a table that changes under a hand is dangerous.
  const [known] = useState(() => {
    const described = endpoint ?? namelessEndpoint(view.endpoint);
    return { ...described, tags: view.tags ?? described.tags };
  });
  const [desk] = useState(
    () =>
      new ModbusDesk({
        clock: browserClock,
        tags: known.tags,
        pollMinMs: known.pollMinMs,
        frame: nextPicture,
      }),
  );
  return (
    <SessionFrame view={view} desk={desk}>
      {(state) => (
        <ModbusWorkbench desk={desk} endpoint={known} state={state} profile={view.profile} />
      )}
    </SessionFrame>
  );
}

function namelessEndpoint(id: string): EndpointView {
  return {
    id,
    protocol: "modbus",
    address: null,
    ...{ unreachable: false, gateways: [] },
    ...NAMELESS,
    units: [...NAMELESS.units],
    tags: [],
    grants: [],
  };
}
