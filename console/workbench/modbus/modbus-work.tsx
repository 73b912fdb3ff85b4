/** A live session on a Modbus endpoint. */
import "./modbus.css";
import { useState } from "react";
import { browserClock } from "../clock.ts";
import { nextPicture } from "../next-picture.ts";
import { SessionFrame } from "../session-frame.tsx";
import type { WorkbenchProps } from "../workbench-props.ts";
import { ModbusDesk } from "./desk.ts";
import { type KnownEndpoint, ModbusWorkbench } from "./workbench.tsx";

/** What a session can still do without its endpoint's description: raw tables. */
const NAMELESS = { units: [1], pollMinMs: 1_000 };

export function ModbusWork({ view, endpoint }: WorkbenchProps) {
  // The tags a session began with stay: a table that changes under a hand is dangerous.
  const [known] = useState<KnownEndpoint>(() => {
    const { units, pollMinMs } = endpoint ?? NAMELESS;
    return { id: view.endpoint, units, pollMinMs, tags: view.tags ?? [] };
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
