/** The player: one time line, the trends and values of the plant, and what was done, all at one head. */
import "../workbench/workbench.css";
import "../workbench/modbus/modbus.css";
import "./replay.css";
import { Alert, Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconLink } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { Loading, ProblemNotice } from "../components/states.tsx";
import { replayText as words } from "../text/replay.ts";
import { TREND_TAGS_MAX } from "../workbench/modbus/trend-buffer.ts";
import { Controls, type Jumps } from "./controls.tsx";
import { liveliest } from "./courses.ts";
import { EntryList } from "./entry-list.tsx";
import { type Moment, type MomentKind, nextMoment, previousMoment, sequenceAt } from "./moments.ts";
import { faster } from "./playback.ts";
import { usePlayerKeys } from "./player-keys.ts";
import type { Reel } from "./reel.ts";
import { entryAt } from "./story.ts";
import { Timeline } from "./timeline.tsx";
import { TrendsPanel } from "./trends-panel.tsx";
import type { PlayHead } from "./use-playback.ts";
import { ValuesPanel } from "./values-panel.tsx";

interface PlayerViewProps {
  readonly reel: Reel;
  readonly head: PlayHead;
  readonly live: boolean;
  /** Address of the moment at the head; undefined while it is not known. */
  readonly linkAt: (sequence: number) => string;
}

/** Tables need not follow every frame. */
const TABLE_STEP_MS = 100;
/** Tags drawn before anyone chose. */
const DRAWN_FIRST = 4;

export function PlayerView({ reel, head, live, linkAt }: PlayerViewProps) {
  const { stories, version, span, content, part } = reel;
  const { atMs } = head.playback;
  const slowMs = head.playback.playing ? Math.floor(atMs / TABLE_STEP_MS) * TABLE_STEP_MS : atMs;
  const tags = reel.header?.tags ?? NO_TAGS;
  const drawing = useDrawn(reel);
  const drawn = useMemo(
    () => drawing.names.flatMap((name) => tags.find((tag) => tag.name === name) ?? []),
    [drawing.names, tags],
  );
  const jumps = useJumps(reel, head);
  usePlayerKeys({
    " ": head.toggle,
    k: head.toggle,
    n: jumps.nextWrite,
    b: jumps.previousWrite,
    r: jumps.nextRefusal,
    h: jumps.nextHold,
    ",": () => head.setSpeed(faster(head.playback.speed, -1)),
    ".": () => head.setSpeed(faster(head.playback.speed, 1)),
    arrowleft: () => head.seek(atMs - STEP_MS),
    arrowright: () => head.seek(atMs + STEP_MS),
  });
  const sequence = sequenceUnder(reel, atMs);
  return (
    <div className="rp-player" data-part={part.index} data-state={part.state.kind}>
      <Timeline span={span} content={content} headMs={atMs} onSeek={head.seek} />
      <Controls head={head} span={span} jumps={jumps} live={live}>
        {sequence !== undefined && <CopyLink address={linkAt(sequence)} />}
      </Controls>
      <PartNotice reel={reel} />
      {reel.header === undefined ? (
        part.state.kind === "loading" && <Loading />
      ) : (
        <div className="rp-work" aria-busy={part.state.kind === "loading"}>
          <div className="rp-left">
            <TrendsPanel
              {...{ stories, version, span }}
              tags={drawn}
              headMs={atMs}
              onSeek={head.seek}
            />
            <ValuesPanel
              stories={stories}
              tags={tags}
              headMs={slowMs}
              drawn={drawing.names}
              full={drawing.names.length >= TREND_TAGS_MAX}
              onDraw={drawing.toggle}
            />
          </div>
          <EntryList
            {...{ stories, version, tags }}
            loading={part.state.kind === "loading"}
            headMs={slowMs}
            onSeek={(entry) => head.seek(entry.wallMs)}
          />
        </div>
      )}
    </div>
  );
}

const NO_TAGS = [] as const;
const STEP_MS = 5_000;

function PartNotice({ reel }: { readonly reel: Reel }) {
  const { state } = reel.part;
  if (state.kind === "failed") {
    return (
      <ProblemNotice
        title={words.segment.failed}
        thrown={new Error(state.message)}
        onRetry={reel.retry}
      />
    );
  }
  if (reel.broken === undefined) return null;
  return (
    <Alert className="wb-notice" data-tone="attention" title={words.segment.broken(reel.broken)} />
  );
}

/** The tags that are drawn: the liveliest ones until someone chooses. */
function useDrawn(reel: Reel) {
  const [chosen, setChosen] = useState<readonly string[] | undefined>(undefined);
  const first = reel.stories[0];
  const [suggested, setSuggested] = useState<readonly string[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: suggested again while little is known
  useEffect(() => {
    if (first !== undefined && suggested.length < DRAWN_FIRST) {
      setSuggested(liveliest(first, DRAWN_FIRST));
    }
  }, [first, reel.version]);
  const names = chosen ?? suggested;
  return {
    names,
    toggle: (tag: string) =>
      setChosen(names.includes(tag) ? names.filter((other) => other !== tag) : [...names, tag]),
  };
}

function useJumps(reel: Reel, head: PlayHead): Jumps {
  const [jumped, setJumped] = useState<Moment | undefined>(undefined);
  const { moments } = reel.content;
  const here = sequenceAt(moments, head.playback.atMs, jumped);
  const to = (moment: Moment | undefined) =>
    moment === undefined
      ? undefined
      : () => {
          setJumped(moment);
          head.seek(moment.wallMs);
        };
  const next = (kind: MomentKind) => to(nextMoment(moments, [kind], here));
  return {
    previousWrite: to(previousMoment(moments, ["write"], here)),
    nextWrite: next("write"),
    nextRefusal: next("refusal"),
    nextHold: next("hold"),
  };
}

/** The record at the head, as far as the parts at hand tell. */
function sequenceUnder({ stories }: Reel, atMs: number): number | undefined {
  const story = stories.findLast((one) => one.firstMs <= atMs) ?? stories[0];
  // Before all of them a link points to the first.
  return story?.entries[Math.max(0, entryAt(story.entries, atMs))]?.sequence;
}

function CopyLink({ address }: { readonly address: string }) {
  const { copy, copied } = useClipboard();
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconLink size={14} />}
      onClick={() => copy(new URL(address, window.location.href).href)}
    >
      {copied ? words.controls.copied : words.controls.copyLink}
    </Button>
  );
}
