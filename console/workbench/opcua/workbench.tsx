/** The OPC UA workbench: the tree beside the chosen node, what is watched, events and the log. */
import { Button, Tabs } from "@mantine/core";
import { useState } from "react";
import { opcuaText } from "../../text/opcua.ts";
import { sentence, sessionText } from "../../text/session.ts";
import { workbenchText } from "../../text/workbench.ts";
import { LogTab } from "../modbus/log-tab.tsx";
import { Notice } from "../session-notices.tsx";
import type { SessionState } from "../session-state.ts";
import type { Chosen } from "./chosen.ts";
import type { OpcUaDesk } from "./desk.ts";
import { EventsPanel } from "./events-panel.tsx";
import { NodePanel } from "./node-panel.tsx";
import { TreePanel } from "./tree-panel.tsx";
import { useChanges } from "./use-changes.ts";
import { WatchPanel } from "./watch-panel.tsx";
import { WriteDialog, type Writing } from "./write-dialog.tsx";

interface OpcUaWorkbenchProps {
  readonly desk: OpcUaDesk;
  readonly state: SessionState;
  readonly profile: string;
}

const words = opcuaText.tabs;

export function OpcUaWorkbench({ desk, state, profile }: OpcUaWorkbenchProps) {
  useChanges(desk.channel);
  const [chosen, setChosen] = useState<Chosen>();
  const [tab, setTab] = useState<string | null>("node");
  const [writing, setWriting] = useState<Writing>();
  const blocked = blockedBecause(state, desk);
  const show = (node: Chosen) => {
    setChosen(node);
    setTab("node");
  };
  return (
    <>
      <ChannelNotice desk={desk} state={state} />
      <div className="ua-work">
        <TreePanel desk={desk} chosen={chosen} onChoose={show} />
        <Tabs value={tab} onChange={setTab} className="wb-tabs ua-tabs" keepMounted={false}>
          <Tabs.List aria-label={words.label}>
            <Tabs.Tab value="node">{words.node}</Tabs.Tab>
            <Tabs.Tab value="watch">
              <WatchCount desk={desk} />
            </Tabs.Tab>
            <Tabs.Tab value="events">{words.events}</Tabs.Tab>
            <Tabs.Tab value="log">{words.log}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="node">
            <NodePanel
              {...{ desk, chosen, blocked }}
              onWrite={setWriting}
              onEvents={() => setTab("events")}
            />
          </Tabs.Panel>
          <Tabs.Panel value="watch">
            <WatchPanel {...{ desk, blocked }} onWrite={setWriting} onShow={show} />
          </Tabs.Panel>
          <Tabs.Panel value="events">
            <EventsPanel desk={desk} />
          </Tabs.Panel>
          <Tabs.Panel value="log">
            <LogTab log={desk.log} advice={opcuaText.log.advice} />
          </Tabs.Panel>
        </Tabs>
      </div>
      <WriteDialog {...{ desk, writing, profile, blocked }} onClose={() => setWriting(undefined)} />
    </>
  );
}

function WatchCount({ desk }: { readonly desk: OpcUaDesk }) {
  useChanges(desk.watch);
  return opcuaText.watchCount(desk.watch.all.length);
}

/** The session goes on without its asset: a new channel is one touch away. */
function ChannelNotice({ desk, state }: Pick<OpcUaWorkbenchProps, "desk" | "state">) {
  const cause = desk.closedBecause;
  if (cause === undefined || state.attachment.kind !== "attached") return null;
  return (
    <Notice tone="attention" title={opcuaText.channel.title}>
      {sentence(cause.reason)}{" "}
      <Button size="compact-sm" variant="default" onClick={() => desk.reopen()}>
        {opcuaText.channel.again}
      </Button>
    </Notice>
  );
}

/** Why nothing can be changed now; undefined when it can. The broker decides in any case. */
function blockedBecause(state: SessionState, desk: OpcUaDesk): string | undefined {
  if (state.attachment.kind !== "attached" || !desk.isOpen) return workbenchText.write.away;
  if (state.recorder.state === "frozen") return sessionText.frozenTitle;
  return state.classes.some((held) => held !== "observe")
    ? undefined
    : workbenchText.write.readOnly;
}
