/** The player: one time line, the trends and values of the plant, and what was done, all at one head. */
import "../workbench/workbench.css";
import "../workbench/modbus/modbus.css";
import "./replay.css";
import { Alert, Button, SegmentedControl } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconLink } from "@tabler/icons-react";
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { fetched } from "../components/fetched.tsx";
import { Loading, ProblemNotice } from "../components/states.tsx";
import { replayText as words } from "../text/replay.ts";
import { viewingText } from "../text/viewing.ts";
import { TREND_TAGS_MAX } from "../workbench/modbus/trend-buffer.ts";
import { CommentsPanel } from "./comments-panel.tsx";
import { Controls } from "./controls.tsx";
import { liveliest } from "./courses.ts";
import { EntryList } from "./entry-list.tsx";
import { Legend } from "./legend.tsx";
import type { MomentKind } from "./moments.ts";
import { PageStage } from "./page-stage.tsx";
import { faster } from "./playback.ts";
import { type PlayerKeys, usePlayerKeys } from "./player-keys.ts";
import type { Reel } from "./reel.ts";
import { RelayStage } from "./relay-stage.tsx";
import { entryAt } from "./story.ts";
import type { PictureSource } from "./thumbnail-shelf.ts";
import { Timeline } from "./timeline.tsx";
import { TrendsPanel } from "./trends-panel.tsx";
import { type Marks, type Said, useMarks } from "./use-marks.ts";
import type { PlayHead } from "./use-playback.ts";
import { ValuesPanel } from "./values-panel.tsx";

interface PlayerViewProps {
  readonly reel: Reel;
  readonly head: PlayHead;
  readonly live: boolean;
  /** Address of the moment at the head; absent where there is none to give. */
  readonly linkAt?: (sequence: number) => string;
  /** What else is shown of that instant. */
  readonly beside?: ReactNode;
  /** Of a recorded screen: where its small pictures come from. */
  readonly pictures?: PictureSource | undefined;
  /** Absent where nothing can be said about it. */
  readonly comments?: { readonly recording: string; readonly list: readonly Said[] };
}

/** A terminal is loaded where there is one. */
const TerminalStage = fetched(async () => (await import("./terminal-stage.tsx")).TerminalStage);

/** As is a screen. */
const ScreenStage = fetched(async () => (await import("./screen-stage.tsx")).ScreenStage);

/** Tables need not follow every frame. */
const TABLE_STEP_MS = 100;
/** Tags drawn before anyone chose. */
const DRAWN_FIRST = 4;

const NOTHING_SAID: readonly Said[] = [];

export function PlayerView(props: PlayerViewProps) {
  const { reel, head, live, linkAt, beside, comments, pictures } = props;
  const { span, part } = reel;
  const { atMs } = head.playback;
  const slowMs = head.playback.playing ? Math.floor(atMs / TABLE_STEP_MS) * TABLE_STEP_MS : atMs;
  const tags = reel.stories.at(-1)?.points ?? reel.header?.tags ?? NO_TAGS;
  const marks = useMarks(reel, head, comments?.list ?? NOTHING_SAID);
  const { tab, setTab, field, write } = useCommenting(comments !== undefined);
  usePlayerKeys(playerKeys(head, marks, write));
  const sequence = sequenceUnder(reel, atMs);
  const called = words.marksOf(reel.header?.endpoint.protocol);
  return (
    <div className="rp-player" data-part={part.index} data-state={part.state.kind}>
      <Timeline
        span={span}
        content={marks.content}
        headMs={atMs}
        onSeek={head.seek}
        marks={called}
        strip={pictures && { ...pictures, ready: part.state.kind === "ready" }}
      />
      <Legend {...marks} marks={called} onToggle={marks.toggle} />
      <Controls head={head} span={span} live={live}>
        {sequence !== undefined && linkAt && <CopyLink address={linkAt(sequence)} />}
      </Controls>
      <PartNotice reel={reel} />
      {reel.header === undefined ? (
        part.state.kind === "loading" && <Loading />
      ) : (
        <div className="rp-work" aria-busy={part.state.kind === "loading"}>
          <Stages beside={beside}>
            <Stage {...{ reel, atMs, slowMs, tags }} onSeek={head.seek} />
          </Stages>
          <Told
            {...{ reel, tags, comments, tab, field, head, sequence }}
            headMs={slowMs}
            onTab={setTab}
          />
        </div>
      )}
    </div>
  );
}

interface StageProps {
  readonly reel: Reel;
  readonly atMs: number;
  /** The same for what need not follow every frame. */
  readonly slowMs: number;
  readonly tags: readonly HeaderTag[];
  readonly onSeek: (atMs: number) => void;
}

/** What the protocol has to show at the head. */
function Stage(props: StageProps) {
  const { stories, version, header } = props.reel;
  const shown = { stories, version, headMs: props.atMs };
  switch (header?.endpoint.protocol) {
    case "ssh":
      return <TerminalStage {...shown} />;
    case "vnc":
      return <ScreenStage {...shown} />;
    case "web":
      return <PageStage stories={stories} headMs={props.atMs} />;
    case "tcp":
      return <RelayStage />;
    default:
      return <ValueStage {...props} />;
  }
}

function ValueStage({ reel, atMs, slowMs, tags, onSeek }: StageProps) {
  const { stories, version, span } = reel;
  const drawing = useDrawn(reel);
  const drawn = useMemo(
    () => drawing.names.flatMap((name) => tags.find((tag) => tag.name === name) ?? []),
    [drawing.names, tags],
  );
  return (
    <>
      <TrendsPanel {...{ stories, version, span }} tags={drawn} headMs={atMs} onSeek={onSeek} />
      <ValuesPanel
        stories={stories}
        tags={tags}
        headMs={slowMs}
        drawn={drawing.names}
        full={drawing.names.length >= TREND_TAGS_MAX}
        onDraw={drawing.toggle}
      />
    </>
  );
}

interface StagesProps {
  readonly beside: ReactNode;
  readonly children: ReactNode;
}

/** What else was recorded of that instant, and under it what is played. */
function Stages({ beside, children }: StagesProps) {
  if (beside === undefined) return <div className="rp-left">{children}</div>;
  return (
    <div className="rp-stages">
      {beside}
      <div className="rp-left">{children}</div>
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

function playerKeys(head: PlayHead, marks: Marks, write: (() => void) | undefined): PlayerKeys {
  const { atMs, speed } = head.playback;
  return {
    " ": head.toggle,
    k: head.toggle,
    ...keysOf("n", "write", marks),
    b: marks.previous("write"),
    ...keysOf("r", "refusal", marks),
    ...keysOf("h", "hold", marks),
    ...keysOf("g", "answer", marks),
    ...keysOf("y", "capabilities", marks),
    ...keysOf("c", "comment", marks),
    ...keysOf("x", "gap", marks),
    m: write,
    ",": () => head.setSpeed(faster(speed, -1)),
    ".": () => head.setSpeed(faster(speed, 1)),
    arrowleft: () => head.seek(atMs - STEP_MS),
    arrowright: () => head.seek(atMs + STEP_MS),
  };
}

interface ToldProps {
  readonly reel: Reel;
  readonly tags: readonly HeaderTag[];
  readonly comments: PlayerViewProps["comments"] | undefined;
  readonly tab: Tab;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly head: PlayHead;
  /** Of the record at the head. */
  readonly sequence: number | undefined;
  readonly headMs: number;
  readonly onTab: (tab: Tab) => void;
}

/** What was done, or what people said about it. */
function Told({ reel, tags, comments, tab, field, head, sequence, headMs, onTab }: ToldProps) {
  const { stories, version, part } = reel;
  const wallMs = Math.floor(head.playback.atMs);
  const tabs = comments && <Tabs tab={tab} onTab={onTab} count={comments.list.length} />;
  return (
    <div className="rp-tabs">
      {tab === "comments" && comments ? (
        <CommentsPanel
          recording={comments.recording}
          at={sequence === undefined ? undefined : { sequence, wallMs }}
          headMs={headMs}
          {...{ field, tabs }}
          onSeek={(comment) => head.seek(comment.wallMs)}
        />
      ) : (
        <EntryList
          {...{ stories, version, tags, headMs }}
          loading={part.state.kind === "loading"}
          recording={comments?.recording}
          tabs={tabs}
          onSeek={(entry) => head.seek(entry.wallMs)}
        />
      )}
    </div>
  );
}

/** A letter for the next of a kind, with Shift for the one before. */
function keysOf(letter: string, kind: MomentKind, marks: Marks): PlayerKeys {
  return { [letter]: marks.next(kind), [`shift+${letter}`]: marks.previous(kind) };
}

type Tab = "operations" | "comments";

/** Writing a comment opens its panel first. */
function useCommenting(possible: boolean) {
  const [tab, setTab] = useState<Tab>("operations");
  const field = useRef<HTMLTextAreaElement>(null);
  const [writing, setWriting] = useState(false);
  useEffect(() => {
    if (!writing) return;
    field.current?.focus();
    setWriting(false);
  }, [writing]);
  const write = possible
    ? () => {
        setTab("comments");
        setWriting(true);
      }
    : undefined;
  return { tab, setTab, field, write };
}

interface TabsProps {
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
  readonly count: number;
}

function Tabs({ tab, onTab, count }: TabsProps) {
  return (
    <SegmentedControl
      size="xs"
      value={tab}
      aria-label={viewingText.comments.title}
      onChange={(value) => onTab(value as Tab)}
      data={[
        { value: "operations", label: viewingText.comments.operations },
        { value: "comments", label: viewingText.comments.tab(count) },
      ]}
    />
  );
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
