/** A live session whose bytes nobody decodes: how a tool of one's own takes it. */
import { Copyable } from "../../components/copyable.tsx";
import { Page } from "../../components/page.tsx";
import { Empty } from "../../components/states.tsx";
import { nativeText } from "../../text/native.ts";
import { relayText as words } from "../../text/relay.ts";
import type { WorkbenchProps } from "../workbench-props.ts";

export function RelayWork({ view }: WorkbenchProps) {
  const command = nativeText.connectSession(view.id);
  return (
    <Page title={view.asset.name}>
      <Empty
        title={words.workTitle}
        action={<Copyable value={command} what={nativeText.commandName} />}
      >
        {words.work}
      </Empty>
    </Page>
  );
}
