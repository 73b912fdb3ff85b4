/** A file that passed, to be taken out of the recording where a rule of the profile keeps it. */
import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { KEPT_WITH_CONTENT } from "../../protocols/ssh/operation.ts";
import { terminalText } from "../text/terminal.ts";
import type { Entry } from "./story.ts";

const words = terminalText.deeds;

interface KeptFileProps {
  readonly entry: Entry;
  readonly recording: string;
}

export function KeptFile({ entry, recording }: KeptFileProps) {
  if (entry.kind !== "deed" || entry.judged.rule !== KEPT_WITH_CONTENT) return null;
  const { operation, sequence } = entry;
  if (operation.action !== "file:passed") return null;
  return (
    <Button
      component="a"
      href={`/api/recordings/${encodeURIComponent(recording)}/files/${sequence}`}
      download
      size="compact-xs"
      variant="subtle"
      h={18}
      px={4}
      leftSection={<IconDownload size={12} />}
      aria-label={words.takeOutOf(operation.path)}
      title={words.takeOutHint}
    >
      {words.takeOut}
    </Button>
  );
}
