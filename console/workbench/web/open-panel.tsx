import { Alert, Button } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useState } from "react";
import type { ClassName } from "../../../broker/api/shapes/plant.ts";
import { api } from "../../components/api.ts";
import { webText as words } from "../../text/web.ts";

interface OpenPanelProps {
  readonly session: string;
  readonly classes: readonly ClassName[];
}

export function OpenPanel({ session, classes }: OpenPanelProps) {
  const [opened, setOpened] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const open = async () => {
    // The tab is opened by the click itself, before anything is awaited: browsers block others.
    const tab = window.open("about:blank", "_blank");
    setTrouble(tab ? undefined : words.blocked);
    if (!tab) return;
    tab.opener = null;
    setBusy(true);
    try {
      const { address } = await api.openPanel(session);
      tab.location.replace(address);
      setOpened(true);
    } catch (error) {
      tab.close();
      setTrouble(error instanceof Error ? error.message : words.failed);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="wp-open" aria-label={words.openTitle}>
      <div>
        <h2>{words.openTitle}</h2>
        <p>{words.body}</p>
        <p>
          {words.canDo(classes)} {words.signedIn}
        </p>
        {trouble && (
          <Alert color="red" title={words.failed} mt="xs">
            {trouble}
          </Alert>
        )}
      </div>
      <Button
        size="md"
        loading={busy}
        rightSection={<IconExternalLink size={18} aria-hidden />}
        onClick={() => void open()}
      >
        {opened ? words.openAgain : words.open}
      </Button>
    </section>
  );
}
