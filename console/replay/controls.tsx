/** The buttons of the player, each with its key. */
import { ActionIcon, Button, Checkbox, NativeSelect, Tooltip } from "@mantine/core";
import {
  type Icon,
  IconArrowBarToLeft,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { clockTime, duration } from "../components/time-words.ts";
import { replayText } from "../text/replay.ts";
import type { Playback, Span, Speed } from "./playback.ts";
import { SPEEDS } from "./playback.ts";
import type { PlayHead } from "./use-playback.ts";

const words = replayText.controls;

interface ControlsProps {
  readonly head: PlayHead;
  readonly span: Span;
  /** Live sessions can be followed. */
  readonly live: boolean;
  /** Right of the buttons: copy a link and the like. */
  readonly children?: ReactNode;
}

export function Controls({ head, span, live, children }: ControlsProps) {
  const { playback } = head;
  return (
    <div className="rp-controls" role="toolbar" aria-label={words.label}>
      <Act label={words.toBegin} icon={IconArrowBarToLeft} act={() => head.seek(span.fromMs)} />
      <ActionIcon
        size="lg"
        variant="filled"
        aria-label={playback.playing ? words.pause : words.play}
        onClick={head.toggle}
      >
        {playback.playing ? (
          <IconPlayerPauseFilled size={17} />
        ) : (
          <IconPlayerPlayFilled size={17} />
        )}
      </ActionIcon>
      <NativeSelect
        size="xs"
        className="rp-speed"
        aria-label={words.speed}
        value={String(playback.speed)}
        onChange={(event) => head.setSpeed(Number(event.currentTarget.value) as Speed)}
        data={SPEEDS.map((speed) => ({ value: String(speed), label: words.speedOf(speed) }))}
      />
      <Checkbox
        size="xs"
        label={words.skipIdle}
        checked={playback.skipIdle}
        onChange={(event) => head.setSkipIdle(event.currentTarget.checked)}
      />
      {live && (
        <Button
          size="xs"
          variant={playback.following ? "filled" : "default"}
          aria-pressed={playback.following}
          onClick={head.follow}
        >
          {words.follow}
        </Button>
      )}
      <TimeShown playback={playback} span={span} />
      {children}
    </div>
  );
}

function Act({ label, icon: Shape, act }: { label: string; icon: Icon; act: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" variant="default" aria-label={label} onClick={act}>
        <Shape size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

function TimeShown({ playback, span }: { readonly playback: Playback; readonly span: Span }) {
  return (
    <span className="rp-time">
      <strong>{clockTime(playback.atMs)}</strong>
      <span className="wb-dim">
        {duration(playback.atMs - span.fromMs)} {words.of} {duration(span.untilMs - span.fromMs)}
      </span>
    </span>
  );
}
