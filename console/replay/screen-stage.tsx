/** The screen of a session at the play head: what the person saw, and where their hand was. */
import { Button } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import type { ScreenEvent } from "../../protocols/rfb/screen-history.ts";
import type { Area, Pixels } from "../../protocols/rfb/screen-page.ts";
import type { Hand, ScreenPlayer } from "../../protocols/rfb/screen-player.ts";
import { panelText } from "../text/panel.ts";
import { NO_DRAFT, type PageDraft, PageDrawing, PageForm } from "./page-maker.tsx";
import { ScreenPlayback } from "./screen-playback.ts";
import type { ScreenShown } from "./screen-story.ts";
import { type Entry, entryAt, type StoryShown } from "./story.ts";

const words = panelText.replay;

interface ScreenStageProps {
  readonly stories: readonly StoryShown[];
  readonly version: string;
  readonly headMs: number;
}

interface Look {
  readonly width: number;
  readonly height: number;
  readonly hand: Hand | undefined;
  readonly broken: boolean;
}

const NOTHING: ScreenShown = { events: [], before: undefined };
/** A click is seen for this long, however short it was. */
const CLICK_SEEN_MS = 600;
/** What was pressed or refused is read in this time. */
const ACT_SEEN_MS = 1_500;
const ACTS_MAX = 12;

export function ScreenStage({ stories, version, headMs }: ScreenStageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [look, setLook] = useState<Look | undefined>(undefined);
  const picture = useRef<Pixels | undefined>(undefined);
  const [draft, setDraft] = useState<PageDraft | undefined>(undefined);
  const playback = useMemo(
    () =>
      new ScreenPlayback((player) => {
        picture.current = player.picture;
        setLook(paint(canvas.current, player));
      }),
    [],
  );
  const screen = storyAt(stories, headMs)?.screen ?? NOTHING;
  const { events } = screen;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the story grows with its version
  useEffect(() => {
    playback.show(screen, countUntil(events, headMs));
  }, [playback, screen, version, headMs]);
  const click = lastClick(events, countUntil(events, headMs), headMs);
  const acts = recentActs(storyAt(stories, headMs)?.entries ?? [], headMs);
  return (
    <section className="rp-panel rp-screen" aria-label={words.label}>
      {look === undefined && <p className="wb-quiet">{words.none}</p>}
      {look?.broken && <p className="wb-quiet">{words.broken}</p>}
      <div className="rp-screen-room" hidden={look === undefined}>
        <div
          className="rp-screen-place"
          style={look && { width: fitted(look), aspectRatio: `${look.width} / ${look.height}` }}
        >
          <canvas ref={canvas} role="img" aria-label={words.label} />
          {look?.hand && <Pointer look={look} hand={look.hand} clicked={click !== undefined} />}
          {look && <Refused look={look} acts={acts} />}
          {draft && picture.current && (
            <PageDrawing
              picture={picture.current}
              draft={draft}
              onDraw={(area) => setDraft(withArea(draft, area))}
            />
          )}
        </div>
      </div>
      <Keys acts={acts} />
      {look && (
        <Button
          className="rp-page-button"
          size="compact-xs"
          variant="default"
          title={panelText.pages.makeHelp}
          onClick={() => setDraft(draft ? undefined : NO_DRAFT)}
        >
          {draft ? panelText.pages.stop : panelText.pages.make}
        </Button>
      )}
      {draft && picture.current && (
        <PageForm picture={picture.current} draft={draft} onChange={setDraft} />
      )}
    </section>
  );
}

/** The first is what the page is recognised by; the others are named as they come. */
function withArea({ name, areas }: PageDraft, area: Area): PageDraft {
  const called = areas.length === 0 ? "" : panelText.pages.regionNew(areas.length);
  return { name, areas: [...areas, { ...area, name: called }] };
}

type Act = Extract<Entry, { kind: "hand" }>;

/** What the hand did a moment before the head, the latest last. */
function recentActs(entries: readonly Entry[], headMs: number): readonly Act[] {
  const acts: Act[] = [];
  for (let at = entryAt(entries, headMs); at >= 0 && acts.length < ACTS_MAX; at -= 1) {
    const entry = entries[at];
    if (!entry || headMs - entry.wallMs > ACT_SEEN_MS) break;
    if (entry.kind === "hand") acts.unshift(entry);
  }
  return acts;
}

/** A click that was not permitted, where it was tried. */
function Refused({ look, acts }: { readonly look: Look; readonly acts: readonly Act[] }) {
  return acts.map(({ id, operation, judged }) => {
    if (operation.action !== "rfb:click" || judged.answer.kind === "permit") return null;
    const { x, y } = operation;
    const place = { left: `${(100 * x) / look.width}%`, top: `${(100 * y) / look.height}%` };
    return (
      <div key={id} className="rp-hand-refused" data-kind={judged.answer.kind} style={place} />
    );
  });
}

/** Keys as they were pressed, those that were refused struck out. */
function Keys({ acts }: { readonly acts: readonly Act[] }) {
  const keys = acts.flatMap(({ id, operation, judged }) =>
    operation.action === "rfb:key"
      ? [{ id, chord: operation.chord, refused: judged.answer.kind !== "permit" }]
      : [],
  );
  if (keys.length === 0) return null;
  return (
    <section className="rp-keys" aria-label={words.keys}>
      {keys.map(({ id, chord, refused }) => (
        <kbd key={id} data-refused={refused || undefined}>
          {refused ? <s>{chord}</s> : chord}
        </kbd>
      ))}
    </section>
  );
}

/** The part under the head, of those at hand. */
function storyAt(stories: readonly StoryShown[], headMs: number): StoryShown | undefined {
  return stories.findLast(({ firstMs }) => firstMs <= headMs) ?? stories[0];
}

/** As wide as fits in both directions; how high it may be is the place's to say. */
function fitted({ width, height }: Look): string {
  return `min(100%, calc(var(--rp-screen-height) * ${width / height}))`;
}

interface PointerProps {
  readonly look: Look;
  readonly hand: Hand;
  readonly clicked: boolean;
}

function Pointer({ look, hand, clicked }: PointerProps) {
  const place = {
    left: `${(100 * hand.x) / look.width}%`,
    top: `${(100 * hand.y) / look.height}%`,
  };
  return <div className="rp-hand" data-down={clicked || hand.mask !== 0} style={place} />;
}

function paint(canvas: HTMLCanvasElement | null, player: ScreenPlayer): Look | undefined {
  const { picture, hand, broken } = player;
  const context = canvas?.getContext("2d");
  if (!canvas || !context || !picture) return undefined;
  const { width, height, pixels } = picture;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const image = context.createImageData(width, height);
  new Uint32Array(image.data.buffer).set(pixels);
  context.putImageData(image, 0, 0);
  return { width, height, hand, broken };
}

/** A button that went down a moment before the head. */
function lastClick(events: readonly ScreenEvent[], count: number, headMs: number) {
  for (let at = count - 1; at >= 0; at -= 1) {
    const event = events[at];
    if (!event || headMs - event.wallMs > CLICK_SEEN_MS) return undefined;
    if (event.kind === "pointer" && event.mask !== 0) return event;
  }
  return undefined;
}

/** Events at or before a moment. */
function countUntil(events: readonly ScreenEvent[], atMs: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.wallMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
