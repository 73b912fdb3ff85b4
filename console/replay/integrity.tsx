/** The state of a recording, which explains itself: what is proved on this page, and what is not. */
import { Popover, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";
import { Copyable } from "../components/copyable.tsx";
import { StateBadge, type Tone } from "../components/state-badge.tsx";
import { replayText } from "../text/replay.ts";
import { sentence } from "../text/session.ts";
import { viewingText } from "../text/viewing.ts";

const words = viewingText.integrity;
const POPOVER_WIDTH = 420;

const TONES: Readonly<Record<RecordingDetailView["state"], Tone>> = {
  open: "active",
  sealed: "normal",
  gap: "attention",
  aborted: "alarm",
};

type Stated = Pick<RecordingDetailView, "id" | "state" | "cause">;

export function Integrity({ recording }: { readonly recording: Stated }) {
  const { state, id } = recording;
  return (
    <Popover width={POPOVER_WIDTH} position="bottom-start" withArrow trapFocus shadow="md">
      <Popover.Target>
        <button
          type="button"
          className="rp-integrity"
          title={words.show}
          aria-label={`${replayText.states[state].word}: ${words.show}`}
        >
          <StateBadge tone={TONES[state]} word={replayText.states[state].word} />
          <IconInfoCircle size={14} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={6}>
          <Text size="sm" fw={600}>
            {stateSentence(recording)}
          </Text>
          <Text size="sm" fw={600}>
            {words.title}
          </Text>
          <Points points={words.proved} />
          <Text size="sm" fw={600}>
            {words.notTitle}
          </Text>
          <Points points={words.notProved} />
          <Text size="sm">{words.howTitle}</Text>
          <Copyable value={words.how(id)} what={words.copy} />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

export function stateSentence({ state, cause }: Pick<Stated, "state" | "cause">): string {
  const { meaning } = replayText.states[state];
  return cause === "" ? meaning : `${meaning} ${sentence(cause)}`;
}

function Points({ points }: { readonly points: readonly string[] }) {
  return (
    <ul className="rp-proof">
      {points.map((point) => (
        <li key={point}>{point}</li>
      ))}
    </ul>
  );
}
