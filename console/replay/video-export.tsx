/** A video of a screen's recording, or of a part of it: made by the broker while one goes on. */
import { Button, Group, NumberInput, Progress, Text } from "@mantine/core";
import { IconDownload, IconMovie } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";
import type { VideoView } from "../../broker/api/shapes/videos.ts";
import { ask } from "../components/http.ts";
import { byteSize } from "../components/sizes.ts";
import { ProblemNotice } from "../components/states.tsx";
import { replayText } from "../text/replay.ts";

const words = replayText.actions.video;

/** Between two looks at how far it is. */
const LOOK_EVERY_MS = 1_000;

type VideoExportProps = Pick<RecordingDetailView, "id" | "startedMs" | "endedMs">;

export function VideoExport({ id, startedMs, endedMs }: VideoExportProps) {
  const path = `/api/recordings/${encodeURIComponent(id)}/videos`;
  const lastS = Math.max(1, Math.ceil((endedMs - startedMs) / 1_000));
  const [fromS, setFromS] = useState(0);
  const [untilS, setUntilS] = useState(lastS);
  const [video, setVideo] = useState<VideoView | undefined>(undefined);
  const [failed, setFailed] = useState<unknown>(undefined);
  const making = video?.state === "waiting" || video?.state === "making";
  const look = (asked: Promise<VideoView>) => asked.then(setVideo, setFailed);
  const begin = () => {
    setFailed(undefined);
    const part = { fromMs: startedMs + 1_000 * fromS, untilMs: startedMs + 1_000 * untilS };
    void look(ask<VideoView>("POST", path, part));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at again after each look
  useEffect(() => {
    if (!video || !making || failed !== undefined) return;
    const again = setTimeout(() => void look(ask("GET", `${path}/${video.id}`)), LOOK_EVERY_MS);
    return () => clearTimeout(again);
  }, [video, making, failed]);
  const whole = fromS < untilS;
  return (
    <>
      <Group gap="xs" align="end">
        <NumberInput
          {...{ size: "xs", w: 90, min: 0, max: lastS, allowDecimal: false }}
          label={words.from}
          value={fromS}
          onChange={(value) => setFromS(Number(value) || 0)}
        />
        <NumberInput
          {...{ size: "xs", w: 90, min: 1, max: lastS, allowDecimal: false }}
          label={words.until}
          value={untilS}
          onChange={(value) => setUntilS(Number(value) || 0)}
        />
        <Button
          variant="default"
          leftSection={<IconMovie size={15} />}
          title={words.hint}
          disabled={making || !whole}
          onClick={begin}
        >
          {words.make}
        </Button>
      </Group>
      {failed !== undefined && <ProblemNotice title={words.failed} thrown={failed} />}
      {video && <Made video={video} path={path} />}
    </>
  );
}

function Made({ video, path }: { readonly video: VideoView; readonly path: string }) {
  const { id, state, share, bytes, shortened, reason } = video;
  if (state === "failed") return <Text size="sm">{words.because(reason)}</Text>;
  if (state !== "ready") {
    return (
      <div role="status">
        <Progress value={100 * share} aria-label={words.making} />
        <Text size="xs" c="dimmed">
          {state === "waiting" ? words.waiting : words.making}
        </Text>
      </div>
    );
  }
  return (
    <>
      <Button
        component="a"
        href={`${path}/${id}/file`}
        download
        justify="flex-start"
        leftSection={<IconDownload size={15} />}
      >
        {words.take(byteSize(bytes))}
      </Button>
      {shortened && <Text size="sm">{words.shortened}</Text>}
      <Text size="xs" c="dimmed">
        {words.kept}
      </Text>
    </>
  );
}
