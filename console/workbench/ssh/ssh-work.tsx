/** A live session over SSH: a terminal, and files where the profile permits them. */
import "./ssh.css";
import { useState } from "react";
import { terminalText as words } from "../../text/terminal.ts";
import { SessionFrame } from "../session-frame.tsx";
import type { SessionState } from "../session-state.ts";
import type { WorkbenchProps } from "../workbench-props.ts";
import { SshStation } from "./ssh-station.ts";
import { TerminalPanel } from "./terminal-panel.tsx";

export function SshWork({ view }: WorkbenchProps) {
  const [station] = useState(
    () => new SshStation(view.ssh ?? NOTHING, words.screen(view.asset.name)),
  );
  return (
    <SessionFrame view={view} desk={station.desk}>
      {(state: SessionState) => <TerminalPanel station={station} state={state} />}
    </SessionFrame>
  );
}

/** A broker that does not say what may be done: the terminal is tried, and the broker decides. */
const NOTHING = { shell: true, input: true, commands: [], files: [] };
