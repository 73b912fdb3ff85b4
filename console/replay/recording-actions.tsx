/** What can be done with a recording besides playing it: take it along, keep it from deletion. */
import { Button, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { ask } from "../components/http.ts";
import { useRight } from "../components/me.ts";
import { LocalTime } from "../components/time.tsx";
import { replayText } from "../text/replay.ts";
import { viewingText } from "../text/viewing.ts";
import { VideoExport } from "./video-export.tsx";

const words = replayText.actions;

type Format = keyof typeof words.formats;

const FORMATS: Readonly<Record<string, readonly Format[]>> = {
  modbus: ["pcapng", "csv", "ndjson"],
  opcua: ["pcapng", "csv", "ndjson"],
  tcp: ["pcapng"],
  ssh: ["cast", "cast3", "csv", "ndjson"],
  web: ["har"],
};

interface RecordingActionsProps {
  readonly detail: RecordingDetailView;
  readonly onChanged: () => void;
}

export function RecordingActions({ detail, onChanged }: RecordingActionsProps) {
  const mayHold = useRight("recording:all");
  return (
    <Stack gap="md" mt="md">
      <Exports detail={detail} />
      {(mayHold || detail.hold !== null) && (
        <LegalHold detail={detail} mayHold={mayHold} onChanged={onChanged} />
      )}
    </Stack>
  );
}

function Exports({ detail }: { readonly detail: RecordingDetailView }) {
  const { id, deletedMs, protocol } = detail;
  const formats = FORMATS[protocol];
  const isScreen = protocol === "vnc";
  if (formats === undefined && !isScreen) return null;
  return (
    <Stack gap={6} role="group" aria-label={words.export}>
      <Text fw={600} size="sm">
        {words.export}
      </Text>
      {deletedMs === null
        ? formats?.map((format) => (
            <Button
              key={format}
              component="a"
              href={`/api/recordings/${encodeURIComponent(id)}/export?format=${format}`}
              download
              variant="default"
              justify="flex-start"
              leftSection={<IconDownload size={15} />}
              title={words.formats[format].hint}
            >
              {words.formats[format].label}
            </Button>
          ))
        : null}
      {isScreen && deletedMs === null && <VideoExport {...detail} />}
      <Button
        component="a"
        href={`/api/recordings/${encodeURIComponent(id)}/comments/export`}
        download
        variant="default"
        justify="flex-start"
        leftSection={<IconDownload size={15} />}
        title={viewingText.comments.exportHint}
      >
        {viewingText.comments.export}
      </Button>
      <Text size="xs" c="dimmed">
        {deletedMs === null ? words.noted : words.deleted}
      </Text>
    </Stack>
  );
}

interface LegalHoldProps extends RecordingActionsProps {
  readonly mayHold: boolean;
}

function LegalHold({ detail, mayHold, onChanged }: LegalHoldProps) {
  const [asking, setAsking] = useState(false);
  const { hold, deletedMs } = detail;
  const path = `/api/recordings/${encodeURIComponent(detail.id)}/hold`;
  const act = async (reason: string) => {
    if (hold === null) await ask("POST", path, { reason });
    else await ask("DELETE", path);
    onChanged();
  };
  return (
    <Stack gap={6} role="group" aria-label={words.hold}>
      <Text fw={600} size="sm">
        {words.hold}
      </Text>
      <Text size="sm">
        {hold === null ? words.notHeld : words.held(hold.by.name, hold.reason)}{" "}
        {hold !== null && <LocalTime atMs={hold.atMs} />}
      </Text>
      {mayHold && deletedMs === null && (
        <Button variant="default" onClick={() => setAsking(true)}>
          {hold === null ? words.putOn : words.release}
        </Button>
      )}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={hold === null ? words.putOnTitle : words.releaseTitle}
        action={hold === null ? words.putOn : words.release}
        {...(hold === null ? { reasonLabel: words.why } : { harmful: true })}
        onConfirm={act}
      >
        {hold === null ? words.putOnBody : words.releaseBody}
      </ConfirmDialog>
    </Stack>
  );
}
