/** The Modbus workbench: tags, raw tables, trends and the log of one session. */
import { Tabs } from "@mantine/core";
import { useState } from "react";
import type { EndpointView, TagView } from "../../../broker/api/shapes/plant.ts";
import { sessionText } from "../../text/session.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { SessionState } from "../session-state.ts";
import type { ModbusDesk } from "./desk.ts";
import { LogTab } from "./log-tab.tsx";
import { TablesTab } from "./tables-tab.tsx";
import { TagsTab } from "./tags-tab.tsx";
import { TrendsTab } from "./trends-tab.tsx";
import { usePolling } from "./use-polling.ts";
import { useTrending } from "./use-trending.ts";
import { WriteDialog } from "./write-dialog.tsx";

interface ModbusWorkbenchProps {
  readonly desk: ModbusDesk;
  readonly endpoint: KnownEndpoint;
  readonly state: SessionState;
  readonly profile: string;
}

/** What the tables and tags of an endpoint are drawn from. */
export interface KnownEndpoint extends Pick<EndpointView, "id" | "units" | "pollMinMs"> {
  readonly tags: readonly TagView[];
}

const words = sessionText.tabs;

export function ModbusWorkbench({ desk, endpoint, state, profile }: ModbusWorkbenchProps) {
  const polling = usePolling(desk, endpoint.pollMinMs);
  const trending = useTrending(desk);
  const [writing, setWriting] = useState<TagView | undefined>(undefined);
  const blocked = blockedBecause(state);
  const mayWrite = blocked === undefined;
  const tags = endpoint.tags;
  return (
    <Tabs defaultValue="tags" className="wb-tabs" keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="tags">{words.tags}</Tabs.Tab>
        <Tabs.Tab value="tables">{words.tables}</Tabs.Tab>
        <Tabs.Tab value="trends">{words.trends}</Tabs.Tab>
        <Tabs.Tab value="log">{words.log}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="tags">
        <TagsTab {...{ desk, tags, polling, trending, mayWrite }} onWrite={setWriting} />
      </Tabs.Panel>
      <Tabs.Panel value="tables">
        <TablesTab desk={desk} units={endpoint.units} tags={tags} mayWrite={mayWrite} />
      </Tabs.Panel>
      <Tabs.Panel value="trends">
        <TrendsTab {...{ desk, tags, polling, trending }} />
      </Tabs.Panel>
      <Tabs.Panel value="log">
        <LogTab log={desk.log} />
      </Tabs.Panel>
      <WriteDialog
        desk={desk}
        tag={writing}
        tags={tags}
        profile={profile}
        blocked={blocked}
        onClose={() => setWriting(undefined)}
      />
    </Tabs>
  );
}

/** Why nothing can be written now; undefined when it can. The broker decides in any case. */
function blockedBecause(state: SessionState): string | undefined {
  if (state.attachment.kind !== "attached") return workbenchText.write.away;
  if (state.recorder.state === "frozen") return sessionText.frozenTitle;
  return state.classes.includes("operate") ? undefined : workbenchText.write.readOnly;
}
