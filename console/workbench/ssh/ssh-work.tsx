/** A live session over SSH: a terminal, and files where the profile permits them. */
import "./ssh.css";
import { Tabs } from "@mantine/core";
import { useState } from "react";
import { terminalText as words } from "../../text/terminal.ts";
import { SessionFrame } from "../session-frame.tsx";
import type { SessionState } from "../session-state.ts";
import type { WorkbenchProps } from "../workbench-props.ts";
import { FilesPanel } from "./files-panel.tsx";
import { SshStation } from "./ssh-station.ts";
import { TerminalPanel } from "./terminal-panel.tsx";

export function SshWork({ view }: WorkbenchProps) {
  const [station] = useState(
    () => new SshStation(view.ssh ?? NOTHING, words.screen(view.asset.name)),
  );
  return (
    <SessionFrame view={view} desk={station}>
      {(state) => <SshParts station={station} state={state} />}
    </SessionFrame>
  );
}

/** A broker that does not say what may be done: the terminal is tried, and the broker decides. */
const NOTHING = { shell: true, input: true, commands: [], files: [] };

interface SshPartsProps {
  readonly station: SshStation;
  readonly state: SessionState;
}

/** Both stay: a terminal that is not looked at goes on, and so does an upload. */
function SshParts({ station, state }: SshPartsProps) {
  const { shell, commands, files } = station.reach;
  const hasTerminal = shell || commands.length > 0 || files.length === 0;
  const [tab, setTab] = useState<string | null>(hasTerminal ? "terminal" : "files");
  const [filesSeen, setFilesSeen] = useState(!hasTerminal);
  const terminal = <TerminalPanel station={station} state={state} />;
  if (files.length === 0) return terminal;
  const attached = state.attachment.kind === "attached";
  const panel = <FilesPanel desk={station.files} may={files} attached={attached} />;
  if (!hasTerminal) return panel;
  return (
    <Tabs
      className="ssh-tabs"
      // Else effects are taken away from what is hidden, and with them the screen.
      keepMountedMode="display-none"
      value={tab}
      onChange={(chosen) => {
        setTab(chosen);
        if (chosen === "files") setFilesSeen(true);
      }}
    >
      <Tabs.List aria-label={words.tabs.label}>
        <Tabs.Tab value="terminal">{words.tabs.terminal}</Tabs.Tab>
        <Tabs.Tab value="files">{words.tabs.files}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="terminal">{terminal}</Tabs.Panel>
      <Tabs.Panel value="files">{filesSeen && panel}</Tabs.Panel>
    </Tabs>
  );
}
